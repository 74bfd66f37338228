"""What teachers have earned, and the accounts of the platform."""

from collections.abc import Callable
from typing import Any

from chalicelib import spreadsheets
from chalicelib.commerce import earnings, statements
from chalicelib.commerce.earnings import Sums
from chalicelib.commerce.schemas.earnings import (
    AccountsOut,
    EarningsOut,
    EarningsQuery,
    StatementOut,
    StatementQuery,
)
from chalicelib.commerce.statements import MonthStatement, StatementUnknown
from chalicelib.web.answering import next_page
from chalicelib.web.policies import admin, teacher
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Earnings")


def _file(statement: MonthStatement) -> Reply:
    name = spreadsheets.named(f"statement-{statement.month}.csv")
    return Reply(page=statements.as_csv(statement), content_type=spreadsheets.MEDIA, headers=name)


FORMS: dict[str, Callable[[MonthStatement], Any]] = {"json": lambda statement: statement, "csv": _file}


@routes.get("/earnings", policy=teacher, gives=EarningsOut, standing="joined")
def get_earnings(ask: Ask[None, EarningsQuery]) -> Any:
    """What you have earned: the balance, and what has moved it, newest first"""
    found = earnings.own(ask.act, size=ask.query.size, after=ask.query.cursor)
    return found, next_page(ask.exchange, found.movements.next_cursor)


@routes.get(
    "/earnings/statements/{month}", policy=teacher, gives=StatementOut, also="text/csv", errors=(StatementUnknown,)
)
def get_statement(ask: Ask[None, StatementQuery], month: str) -> Any:
    """The statement of a month, such as 2026-11: what each course brought and gave back

    As JSON, or with `format=csv` as a file for a spreadsheet. A month is one of the platform's own time zone; the
    present one goes on growing.
    """
    return FORMS[ask.query.format](statements.of(ask.act, month))


@routes.get("/admin/accounts", policy=admin, gives=AccountsOut)
def get_accounts(ask: Ask[None, None]) -> dict[str, Sums]:
    """Where the money is: the platform's part, Stripe's fees, what teachers have, what buyers paid"""
    return earnings.accounts()
