"""The start of the API: importing this first keeps the collector of cycles out of it, `done` lets it work again.

While modules are loaded nearly everything stays: looking for garbage finds none, and costs an eighth of a cold start.
"""

import gc

#: The first clients make ten thousand objects that stay too; at the usual 700 they would be looked at again and again.
BETWEEN_LOOKS = 20_000

gc.disable()


def done() -> None:
    """What was made until here is never looked at again: a collection then walks only what requests have made."""
    gc.freeze()
    gc.set_threshold(BETWEEN_LOOKS)
    gc.enable()
