"""Which domains hold something of people outside of the people's own partition: for exports and erasures.

A domain joins with one line. The nightly erasure and the export of one's data hand this list to `accounts/privacy.py`.
"""

from chalicelib.accounts.privacy import Holder
from chalicelib.catalog import belongings as catalog
from chalicelib.commerce import belongings as commerce
from chalicelib.goals import belongings as goals
from chalicelib.learning import belongings as learning

HOLDERS = (
    Holder(commerce.held, commerce.erase),
    Holder(goals.held, goals.erase),
    Holder(learning.held, learning.erase),
    Holder(catalog.held, catalog.erase),
)
