"""The one reaction that counts: each fact goes into the tally of its course and into the figures of its day."""

from collections.abc import Sequence

from chalicelib.catalog import tallies
from chalicelib.insight import figures
from chalicelib.table.facts import Fact

#: Every fact that is counted somewhere.
FACTS = tuple(sorted({*figures.FACTS, *tallies.COUNTS}))


def count(told: Sequence[Fact]) -> None:
    """May be called twice, late and out of order with the same facts: each is in each counter once."""
    tallies.tally(told)
    figures.figure(told)
