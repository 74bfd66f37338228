"""What was sold: by day, by teacher, by course, folded from the facts of orders.

`functions/fold_counters` counts, `sales_reports` reads. A teacher's days hold their own courses, those of the platform
everything that is sold. Everybody's orders meet in the days of the platform, so those are cut into parts.
"""

import random
from collections.abc import Iterable, Mapping
from functools import partial

from chalicelib.insight import figures
from chalicelib.insight.records import Sales
from chalicelib.table import counting, keys
from chalicelib.table.facts import Fact

SHARDS = 8
#: Who has sold everything.
PLATFORM = "all"
RETURNS = frozenset({"order.refunded", "order.charged_back"})
FACTS = frozenset({"order.placed", "order.paid", *RETURNS})


def fold(told: Iterable[Fact]) -> None:
    """May be called twice, late and out of order with the same facts."""
    days: dict[tuple[str, str], list[Fact]] = {}
    for fact in told:
        if fact.name in FACTS:
            for seller in sellers(fact):
                days.setdefault((seller, figures.day_of(fact.at)), []).append(fact)
    for (seller, day), facts in days.items():
        counting.fold(f"sales-{seller}", _empty(seller, day), facts, partial(_add, seller))


def require_countable(fact: Fact) -> None:
    """Refuses (ValueError, TypeError, KeyError, AttributeError) what would fail in the midst of a batch."""
    if fact.name in FACTS:
        for seller in sellers(fact):
            _add(seller, _empty(seller, figures.day_of(fact.at)), fact)


def sellers(fact: Fact) -> list[str]:
    """The platform, and who teaches what the order is about."""
    teachers = fact.payload["shares"] if fact.name in RETURNS else fact.payload["teachers"].values()
    return [PLATFORM, *sorted(set(teachers))]


def _empty(seller: str, day: str) -> Sales:
    shard = str(random.randrange(SHARDS)) if seller == PLATFORM else "0"  # noqa: S311 - spreads writes, is no secret
    made: Sales = Sales.under(keys.sales(seller, day, shard), day=day)
    return made


def _add(seller: str, sales: Sales, fact: Fact) -> None:
    if fact.name == "order.placed":
        sales.placed = int(sales.placed) + 1
        return
    currency, lines = fact.payload["currency"], _lines(seller, fact)
    is_sale = fact.name == "order.paid"
    sales.paid = int(sales.paid) + is_sale
    amount = sum(lines.values())
    # A refund that failed in the end, or a dispute that was won late, takes one back.
    moved = [1, amount, 0, 0] if is_sale else [0, 0, (amount > 0) - (amount < 0), amount]
    sales.sums = {**sales.sums, currency: _more(sales.sums.get(currency), moved)}
    things = dict(sales.things.get(currency, {}))
    for thing, money in lines.items():
        things[thing] = _more(things.get(thing), [1, money, 0] if is_sale else [0, 0, money])
    sales.things = {**sales.things, currency: things}


def _lines(seller: str, fact: Fact) -> Mapping[str, int]:
    """What of an order is this seller's, as amounts that were paid, or that went back."""
    lines: Mapping[str, int] = fact.payload["lines"]
    if seller == PLATFORM:
        return lines
    if fact.name in RETURNS:
        return {course: lines[course] for course in fact.payload["shares"][seller]}
    return {line: amount for line, amount in lines.items() if fact.payload["teachers"].get(line) == seller}


def _more(had: list[int] | None, by: list[int]) -> list[int]:
    return [number + more for number, more in zip(had or [0] * len(by), by, strict=True)]
