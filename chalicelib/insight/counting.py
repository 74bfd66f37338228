"""The one reaction that counts: a fact goes into the tally of its course, the figures of its day, the sales and the
accounts that it moves.
"""

from collections.abc import Sequence

from chalicelib.catalog import tallies
from chalicelib.commerce import earnings
from chalicelib.insight import figures, sales
from chalicelib.table.facts import Fact

#: Every fact that is counted somewhere.
FACTS = tuple(sorted({*figures.FACTS, *tallies.COUNTS, *earnings.FACTS, *sales.FACTS}))


def count(told: Sequence[Fact]) -> None:
    """May be called twice, late and out of order with the same facts: each is in each counter once."""
    tallies.tally(told)
    figures.figure(told)
    sales.fold(told)
    earnings.fold(told)


def require_countable(fact: Fact) -> Fact:
    """The fact, if it can be counted: one that cannot must not fail in the midst of a batch."""
    tallies.require_countable(fact)
    figures.require_countable(fact)
    sales.require_countable(fact)
    earnings.require_countable(fact)
    return fact
