"""What somebody has sold, written past the API: movements in any amount, two months, thirty days of sales."""

from datetime import timedelta

from chalicelib import clock
from chalicelib.commerce import books, earnings, ids
from chalicelib.commerce.records import Balance, Earning, Statement
from chalicelib.insight import figures
from chalicelib.insight.records import Sales
from chalicelib.table import keys
from chalicelib.table.record import moment_text
from tests.bench import data

COURSE = f"crs_{8_000:026d}"


def earned(teacher: str, amount: int) -> None:
    data.store([_movement(teacher, number) for number in range(amount)])
    account, sums = books.account_of(teacher), {"USD": 1599 * amount}
    data.store([Balance.under(keys.balance(account, "0"), account=account, sums=sums, folded=amount)])
    data.store([Balance.under(keys.balance(own, "0"), account=own, sums=sums) for own in earnings.OWN])
    data.store([_month(account, month, amount) for month in ("2025-12", "2026-01")])
    data.store([_day(teacher, number) for number in range(30)])


def _movement(teacher: str, number: int) -> Earning:
    moment = moment_text(clock.now() - timedelta(days=1, minutes=number))
    order = ids.order_of(f"usr_{number:026d}", 1)
    made: Earning = Earning.under(
        keys.earning(teacher, moment, order[4:30], "capture"),
        instructor_id=teacher,
        order_id=order,
        what="capture",
        at=clock.now() - timedelta(days=1, minutes=number),
        currency="USD",
        amount_minor=1599,
        courses={COURSE: [1999, 400, 1599]},
    )
    return made


def _month(account: str, month: str, amount: int) -> Statement:
    lines = {f"crs_{8_000 + number:026d}": [amount, 1999, 400, 1599, 0, 0, 0] for number in range(3)}
    made: Statement = Statement.under(
        keys.statement(account, month), account=account, month=month, sums={"USD": 4797}, courses={"USD": lines}
    )
    return made


def _day(teacher: str, back: int) -> Sales:
    day = figures.day_of(clock.now() - timedelta(days=back))
    things = {f"crs_{8_000 + number:026d}": [1, 1999, 0] for number in range(3)}
    made: Sales = Sales.under(
        keys.sales(teacher, day, "0"), day=day, placed=4, paid=3, sums={"USD": [3, 5997, 0, 0]}, things={"USD": things}
    )
    return made
