"""The report of sales: what a teacher, or everybody together, has sold in a span of days."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib import rounding
from chalicelib.catalog.records import Gate
from chalicelib.commerce import books, products
from chalicelib.errors import Forbidden, invalid
from chalicelib.insight import figures, sales
from chalicelib.insight.records import Sales
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Scope, cursor, position

#: The most days of one report, and how many it has where nobody says.
MOST_DAYS, USUAL_DAYS = 92, 30


class SalesNotYours(Forbidden):
    """The sales of others are shown to administrators only."""


@dataclass(frozen=True, slots=True)
class Money:
    """What came in and went back in one currency, in hundredths."""

    currency: str
    orders_paid: int
    revenue_minor: int
    refunds: int
    refunded_minor: int

    @property
    def net_minor(self) -> int:
        return self.revenue_minor - self.refunded_minor

    @property
    def average_order_minor(self) -> int:
        return books.part(self.revenue_minor, 1, self.orders_paid)


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    orders_placed: int
    orders_paid: int
    money: list[Money]


@dataclass(frozen=True, slots=True)
class Sold:
    """A course, or a product of ours."""

    currency: str
    id: str
    title: str
    sold: int
    revenue_minor: int
    refunded_minor: int

    @property
    def net_minor(self) -> int:
        return self.revenue_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class SalesReport:
    """Totals and days are of all that was sold; `courses` are a part of the list, best-selling first."""

    first: date
    last: date
    made_at: datetime
    orders_placed: int
    orders_paid: int
    money: list[Money]
    days: list[Day]
    courses: list[Sold]
    next_cursor: str | None = None

    @property
    def conversion_rate(self) -> Decimal:
        return rounding.percent(self.orders_paid, self.orders_placed)


@dataclass(frozen=True, slots=True)
class Wish:
    first: date | None
    last: date | None
    seller: str | None
    size: int
    after: str | None


def of(act: Act, wish: Wish, *, is_admin: bool) -> SalesReport:
    """Of the caller's own courses; for administrators, of everything or of one teacher. Two trips for a page."""
    seller = _seller(act, wish.seller, is_admin=is_admin)
    first, last = _span(act, wish)
    span = keys.sales(seller, first.isoformat(), "0").sk, keys.sales(seller, last.isoformat(), "9").sk
    found = [each for each in reads.all_of(keys.sales_of(seller), between=span) if isinstance(each, Sales)]
    scope = Scope("sales report", act.actor, f"{seller} {first} {last}")
    start = int(position(scope, wish.after, act.now)) if wish.after else 0
    ranked = _ranked(found)
    end = start + wish.size
    return SalesReport(
        first=first,
        last=last,
        made_at=act.now,
        orders_placed=sum(int(each.placed) for each in found),
        orders_paid=sum(int(each.paid) for each in found),
        money=_money(found),
        days=_days(found),
        courses=_sold(ranked[start:end]),
        next_cursor=cursor(scope, end, act.now) if len(ranked) > end else None,
    )


def _seller(act: Act, asked: str | None, *, is_admin: bool) -> str:
    if not is_admin and asked not in (None, act.actor):
        raise SalesNotYours
    return asked or (sales.PLATFORM if is_admin else act.actor)


def _span(act: Act, wish: Wish) -> tuple[date, date]:
    last = wish.last or date.fromisoformat(figures.day_of(act.now))
    first = wish.first or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise invalid("from", "after_to", "The first day is after the last.")
    if last - first >= timedelta(days=MOST_DAYS):
        raise invalid("from", "too_far", f"Ask for {MOST_DAYS} days at most.")
    return first, last


def _money(parts: Iterable[Sales]) -> list[Money]:
    sums: dict[str, list[int]] = {}
    for part in parts:
        for currency, numbers in part.sums.items():
            had = sums.get(currency, [0, 0, 0, 0])
            sums[currency] = [one + more for one, more in zip(had, map(int, numbers), strict=True)]
    return [Money(currency, *numbers) for currency, numbers in sorted(sums.items())]


def _days(parts: Iterable[Sales]) -> list[Day]:
    """Days on which nothing happened are left out."""
    by_day: dict[str, list[Sales]] = {}
    for part in parts:
        by_day.setdefault(part.day, []).append(part)
    return [
        Day(
            date.fromisoformat(day),
            sum(int(each.placed) for each in of_day),
            sum(int(each.paid) for each in of_day),
            _money(of_day),
        )
        for day, of_day in sorted(by_day.items())
    ]


def _ranked(parts: Iterable[Sales]) -> list[tuple[str, str, list[int]]]:
    """By currency and thing: how often, what came in, what went back. What earned most is first."""
    sums: dict[tuple[str, str], Counter[int]] = {}
    for part in parts:
        for currency, things in part.things.items():
            for thing, numbers in things.items():
                sums.setdefault((currency, thing), Counter()).update(dict(enumerate(map(int, numbers))))
    rows = [(currency, thing, [numbers[place] for place in range(3)]) for (currency, thing), numbers in sums.items()]
    return sorted(rows, key=lambda row: (-(row[2][1] - row[2][2]), row[1], row[0]))


def _sold(rows: list[tuple[str, str, list[int]]]) -> list[Sold]:
    titles = _titles({thing for _, thing, _ in rows})
    return [Sold(currency, thing, titles.get(thing, ""), *numbers) for currency, thing, numbers in rows]


def _titles(things: set[str]) -> dict[str, str]:
    found = reads.many(keys.gate(thing) for thing in things if not products.is_product(thing)) if things else {}
    titles = {gate.course_id: gate.title for gate in found.values() if isinstance(gate, Gate)}
    ours = {thing: products.product(thing) for thing in things if products.is_product(thing)}
    return titles | {thing: product.title for thing, product in ours.items() if product}
