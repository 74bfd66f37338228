"""The report of sales. Every amount is there twice: as people read it, and in hundredths."""

from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import ConfigDict, Field

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import ids, money
from chalicelib.catalog.schemas.fields import COURSE, also
from chalicelib.insight.sales_reports import Money, SalesReport, Sold, Wish
from chalicelib.web.reading import LARGEST_PAGE, In, Out

_MONEY = {
    "currency": "USD", "orders_paid": 1, "revenue": "19.99", "revenue_minor": 1999, "refunds": 0, "refunded": "0.00",
    "refunded_minor": 0, "net": "19.99", "net_minor": 1999, "average_order_value": "19.99",
    "average_order_value_minor": 1999,
}  # fmt: skip


class SalesQuery(In):
    """Days are those of the platform's own time zone: at most 92, the last 30 where nothing is said."""

    first: Annotated[date | None, also("from")] = None
    last: Annotated[date | None, also("to")] = None
    instructor_id: Annotated[
        str | None, Field(pattern=rf"^usr_{ids.ULID}$", description="For administrators: the sales of this teacher.")
    ] = None
    page_size: Annotated[int, Field(ge=1, description="Courses; at most 100.")] = LARGEST_PAGE
    cursor: Annotated[str, Field(max_length=2048)] | None = None

    def wish(self) -> Wish:
        return Wish(self.first, self.last, self.instructor_id, min(self.page_size, LARGEST_PAGE), self.cursor)


class Shown(NamedTuple):
    """A report, and the address of the one that follows."""

    report: SalesReport
    next: str | None


class MoneyOut(Out):
    currency: str
    orders_paid: int
    revenue: str
    revenue_minor: int
    refunds: Annotated[int, Field(description="How often money went back, lost disputes included.")]
    refunded: str
    refunded_minor: int
    net: str
    net_minor: int
    average_order_value: Annotated[str, Field(description="Revenue by order that was paid.")]
    average_order_value_minor: int


class SalesDayOut(Out):
    day: date
    orders_placed: int
    orders_paid: int
    money: list[MoneyOut]


class SoldOut(Out):
    id: Annotated[str, Field(description="A course, or a product of ours.")]
    title: str
    currency: str
    sold: int
    revenue: str
    revenue_minor: int
    refunded: str
    refunded_minor: int
    net: str
    net_minor: int


class SalesOut(Out):
    """Totals and days are of all that was sold, on each page of the courses."""

    model_config = ConfigDict(
        json_schema_extra=example(
            **{"from": "2026-11-01", "to": "2026-11-21"},
            made_at="2026-11-21T08:10:00Z",
            orders_placed=2,
            orders_paid=1,
            conversion_rate=50.0,
            money=[_MONEY],
            days=[{"day": "2026-11-21", "orders_placed": 2, "orders_paid": 1, "money": [_MONEY]}],
            courses=[
                {
                    "id": COURSE, "title": "Counting to ten", "currency": "USD", "sold": 1, "revenue": "19.99",
                    "revenue_minor": 1999, "refunded": "0.00", "refunded_minor": 0, "net": "19.99", "net_minor": 1999,
                }
            ],
            next=None,
        ),
        serialize_by_alias=True,
    )  # fmt: skip

    first: Annotated[date, Field(serialization_alias="from")]
    last: Annotated[date, Field(serialization_alias="to")]
    made_at: datetime
    orders_placed: int
    orders_paid: int
    conversion_rate: Annotated[float, Field(description="Percent of the orders placed that were paid, at most 100.")]
    money: list[MoneyOut]
    days: Annotated[list[SalesDayOut], Field(description="Those on which something happened.")]
    courses: Annotated[list[SoldOut], Field(description="What was sold, by what is left of the money.")]
    next: Annotated[str | None, Field(description="Where the courses are that follow.")]

    @classmethod
    def of(cls, result: Any) -> "SalesOut":
        shown: Shown = result
        report = shown.report
        return cls(
            first=report.first,
            last=report.last,
            made_at=report.made_at,
            orders_placed=report.orders_placed,
            orders_paid=report.orders_paid,
            conversion_rate=float(report.conversion_rate),
            money=[_money(each) for each in report.money],
            days=[
                SalesDayOut(
                    day=each.day,
                    orders_placed=each.orders_placed,
                    orders_paid=each.orders_paid,
                    money=[_money(sums) for sums in each.money],
                )
                for each in report.days
            ],
            courses=[_sold(each) for each in report.courses],
            next=shown.next,
        )


def _told(**minors: int) -> dict[str, Any]:
    said: dict[str, Any] = {name: money.decimal(minor) for name, minor in minors.items()}
    return said | {f"{name}_minor": minor for name, minor in minors.items()}


def _money(sums: Money) -> MoneyOut:
    return MoneyOut(
        currency=sums.currency,
        orders_paid=sums.orders_paid,
        refunds=sums.refunds,
        **_told(
            revenue=sums.revenue_minor,
            refunded=sums.refunded_minor,
            net=sums.net_minor,
            average_order_value=sums.average_order_minor,
        ),
    )


def _sold(sold: Sold) -> SoldOut:
    return SoldOut(
        id=sold.id,
        title=sold.title,
        currency=sold.currency,
        sold=sold.sold,
        **_told(revenue=sold.revenue_minor, refunded=sold.refunded_minor, net=sold.net_minor),
    )
