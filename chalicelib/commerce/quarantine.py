"""What was said of payments and could not be true, as administrators read it: by the day on which Stripe said it.

It has changed nothing; `putting_aside` has kept it.
"""

from chalicelib.commerce.records import Quarantined
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position


def of_day(act: Act, day: str, *, size: int, after: str | None) -> Page[Quarantined]:
    """In the order of their ids."""
    scope = Scope("quarantine", act.actor, day)
    mark = position(scope, after, act.now) if after else ""
    page = reads.span(keys.quarantine_of(day), after=mark, limit=size)
    more = None if page.more_after is None else cursor(scope, page.records[-1].sk, act.now)
    return Page([each for each in page.records if isinstance(each, Quarantined)], more)
