"""Earnings of teachers and accounts of the platform. Every amount is there twice: as people read it, in hundredths."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import money
from chalicelib.catalog.schemas.fields import COURSE
from chalicelib.commerce import ids
from chalicelib.commerce.earnings import Earnings, Sums
from chalicelib.commerce.records import Earning
from chalicelib.commerce.statements import Line, MonthStatement
from chalicelib.web.reading import CursorPaged, In, Out

_SALE = {
    "gross": "19.99",
    "gross_minor": 1999,
    "fee": "4.00",
    "fee_minor": 400,
    "earned": "15.99",
    "earned_minor": 1599,
}
_BALANCE = {"currency": "USD", "amount": "15.99", "amount_minor": 1599}


class EarningsQuery(CursorPaged):
    pass


class AmountOut(Out):
    currency: str
    amount: str
    amount_minor: int

    @classmethod
    def of(cls, result: Any) -> "AmountOut":
        currency, minor = result
        return cls(currency=currency, amount=money.decimal(minor), amount_minor=minor)


class EarnedOut(Out):
    """Of one course: what the buyer paid or got back, what of it is the platform's, and what is yours."""

    course_id: str
    gross: str
    gross_minor: int
    fee: str
    fee_minor: int
    earned: str
    earned_minor: int


class MovementOut(Out):
    """Less than nothing where money went back to the buyer."""

    at: datetime
    order: Annotated[str, Field(description="The number of the order, without whose it is.")]
    what: Annotated[str, Field(description="`sale`, `refund` or `chargeback`")]
    currency: str
    amount: str
    amount_minor: int
    courses: list[EarnedOut]


class EarningsOut(Out):
    """Balances are kept from facts and may be some seconds behind the movements."""

    model_config = ConfigDict(
        json_schema_extra=example(
            balances=[_BALANCE],
            movements=[
                {
                    "at": "2026-11-21T08:02:00Z",
                    "order": COURSE.removeprefix("crs_"),
                    "what": "sale",
                    "currency": "USD",
                    "amount": "15.99",
                    "amount_minor": 1599,
                    "courses": [{"course_id": COURSE, **_SALE}],
                }
            ],
            next=None,
        )
    )

    balances: list[AmountOut]
    movements: list[MovementOut]
    next: Annotated[str | None, Field(description="Where the movements are that follow.")]

    @classmethod
    def of(cls, result: Any) -> "EarningsOut":
        earnings: Earnings = result[0]
        return cls(
            balances=amounts(earnings.balance),
            movements=[_movement(each) for each in earnings.movements.results],
            next=result[1],
        )


class StatementQuery(In):
    format: Annotated[Literal["json", "csv"], Field(description="`csv` is a file for a spreadsheet.")] = "json"


class StatementLineOut(EarnedOut):
    """The three amounts of what was sold, then the same of what was given back; `net` is what is left of it."""

    title: str
    currency: str
    sold: int
    refunded: str
    refunded_minor: int
    fee_back: str
    fee_back_minor: int
    earned_back: str
    earned_back_minor: int
    net: str
    net_minor: int


class StatementOut(Out):
    """Per currency, opening plus the net of all lines is closing."""

    model_config = ConfigDict(
        json_schema_extra=example(
            month="2026-11",
            made_at="2026-11-21T08:10:00Z",
            opening=[],
            lines=[
                {
                    "course_id": COURSE,
                    **_SALE,
                    "title": "Counting to ten",
                    "currency": "USD",
                    "sold": 1,
                    "refunded": "0.00",
                    "refunded_minor": 0,
                    "fee_back": "0.00",
                    "fee_back_minor": 0,
                    "earned_back": "0.00",
                    "earned_back_minor": 0,
                    "net": "15.99",
                    "net_minor": 1599,
                }
            ],
            closing=[_BALANCE],
        )
    )

    month: str
    made_at: datetime
    opening: list[AmountOut]
    lines: list[StatementLineOut]
    closing: list[AmountOut]

    @classmethod
    def of(cls, result: Any) -> "StatementOut":
        statement: MonthStatement = result
        return cls(
            month=statement.month,
            made_at=statement.made_at,
            opening=amounts(statement.opening),
            lines=[_line(each) for each in statement.lines],
            closing=amounts(statement.closing),
        )


class AccountsOut(Out):
    """Together, all accounts of a currency are nothing: what buyers paid is what the others have."""

    model_config = ConfigDict(
        json_schema_extra=example(
            platform=[{"currency": "USD", "amount": "3.12", "amount_minor": 312}],
            stripe=[{"currency": "USD", "amount": "0.88", "amount_minor": 88}],
            instructors=[_BALANCE],
            buyers=[{"currency": "USD", "amount": "-19.99", "amount_minor": -1999}],
        )
    )

    platform: list[AmountOut]
    stripe: list[AmountOut]
    instructors: Annotated[list[AmountOut], Field(description="What all teachers have together.")]
    buyers: Annotated[list[AmountOut], Field(description="Less than nothing: it came from them.")]

    @classmethod
    def of(cls, result: Any) -> "AccountsOut":
        accounts: Mapping[str, Sums] = result
        return cls(**{name: amounts(sums) for name, sums in accounts.items()})


def amounts(sums: Sums) -> list[AmountOut]:
    return [AmountOut.of(each) for each in sums.items()]


def told(**minors: int) -> dict[str, Any]:
    """Each as people read it, and in hundredths."""
    said: dict[str, Any] = {name: money.decimal(minor) for name, minor in minors.items()}
    return said | {f"{name}_minor": minor for name, minor in minors.items()}


def _movement(earning: Earning) -> MovementOut:
    minor = int(earning.amount_minor)
    place = ids.ordered(earning.order_id)
    return MovementOut(
        at=earning.at,
        order=place.order if place else earning.order_id,
        what=_WORDS[earning.what.partition("-")[0]],
        currency=earning.currency,
        courses=[
            EarnedOut(course_id=course, **told(gross=gross, fee=fee, earned=share))
            for course, (gross, fee, share) in earning.courses.items()
        ],
        **told(amount=minor),
    )


_WORDS = {"capture": "sale", "refunded": "refund", "charged_back": "chargeback"}


def _line(line: Line) -> StatementLineOut:
    return StatementLineOut(
        course_id=line.course_id,
        title=line.title,
        currency=line.currency,
        sold=line.sold,
        **told(
            gross=line.gross_minor,
            fee=line.fee_minor,
            earned=line.earned_minor,
            refunded=line.refunded_minor,
            fee_back=line.fee_back_minor,
            earned_back=line.earned_back_minor,
            net=line.net_minor,
        ),
    )
