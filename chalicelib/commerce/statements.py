"""The statement of a teacher's month: what there was before, what each course brought and gave back, what is left."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib import spreadsheets
from chalicelib.catalog.records import Gate
from chalicelib.commerce import books, earnings
from chalicelib.commerce.earnings import Sums
from chalicelib.commerce.records import Statement
from chalicelib.errors import NotFound
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act

COLUMNS = (
    "currency", "course_id", "title", "sold", "gross", "platform_fee", "earned", "refunded", "platform_fee_back",
    "earned_back", "net",
)  # fmt: skip
_MONTH = re.compile(r"20[2-9]\d-(0[1-9]|1[0-2])")


class StatementUnknown(NotFound):
    """There is no such month; write it as 2026-11."""


@dataclass(frozen=True, slots=True)
class Line:
    """Of one course, in hundredths. `fee_minor` is what the platform keeps; `_back` is the mirror of a refund."""

    currency: str
    course_id: str
    title: str
    sold: int
    gross_minor: int
    fee_minor: int
    earned_minor: int
    refunded_minor: int
    fee_back_minor: int
    earned_back_minor: int

    @property
    def net_minor(self) -> int:
        return self.earned_minor - self.earned_back_minor


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """`opening` and `closing` are by currency."""

    month: str
    made_at: datetime
    opening: Sums
    closing: Sums
    lines: list[Line]

    def currencies(self) -> list[str]:
        return sorted({*self.opening, *self.closing, *(line.currency for line in self.lines)})


def of(act: Act, month: str) -> MonthStatement:
    """The caller's. Two trips, and one more for every hundred courses that sold."""
    if not _MONTH.fullmatch(month) or month > earnings.month_of(act.now):
        raise StatementUnknown
    account = books.account_of(act.actor)
    bounds = (keys.statement(account, "0").sk, keys.statement(account, month).sk)
    found = [each for each in reads.all_of(keys.balance_of(account), between=bounds) if isinstance(each, Statement)]
    before = [each for each in found if each.month < month]
    present = next((each for each in found if each.month == month), None)
    return MonthStatement(
        month=month,
        made_at=act.now,
        opening=earnings.summed(before),
        closing=earnings.summed(found),
        lines=list(_lines(present)) if present else [],
    )


def _lines(statement: Statement) -> Iterator[Line]:
    titles = _titles(course for courses in statement.courses.values() for course in courses)
    for currency, courses in sorted(statement.courses.items()):
        for course, numbers in sorted(courses.items(), key=lambda each: (-each[1][3], each[0])):
            yield Line(currency, course, titles.get(course, ""), *map(int, numbers))


def _titles(courses: Iterable[str]) -> dict[str, str]:
    found = reads.many(keys.gate(course) for course in courses)
    return {gate.course_id: gate.title for gate in found.values() if isinstance(gate, Gate)}


def as_csv(statement: MonthStatement) -> str:
    """Opening and closing are lines of their own, so that each column adds up to the last."""
    rows = [
        *(_edge(currency, "opening balance", statement.opening) for currency in statement.currencies()),
        *(_row(line) for line in statement.lines),
        *(_edge(currency, "closing balance", statement.closing) for currency in statement.currencies()),
    ]
    return spreadsheets.text(COLUMNS, rows)


def _edge(currency: str, what: str, sums: Sums) -> list[object]:
    return [currency, "", what, *[""] * 7, _amount(sums.get(currency, 0))]


def _row(line: Line) -> list[object]:
    amounts = (
        line.gross_minor, line.fee_minor, line.earned_minor,
        line.refunded_minor, line.fee_back_minor, line.earned_back_minor, line.net_minor,
    )  # fmt: skip
    return [line.currency, line.course_id, line.title, line.sold, *map(_amount, amounts)]


def _amount(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)
