"""Carts, orders and payments as tests want them: made by the product's own rules, without asking the API or Stripe."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from chalicelib import clock
from chalicelib.accounts.records import User
from chalicelib.catalog.records import Seats
from chalicelib.commerce import books, carts, ending, ids, looking, orders, payments, placing, states, unsettled
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Cart, Earning, Order, Posting, Receipt, Refund
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys, reads
from chalicelib.table.record import moment_text
from chalicelib.table.writes import alone, put
from tests.factories import courses, people
from tests.factories.courses import act

PRICE = 2000
_numbers = count(1)


def a_buyer(username: str = "", **values: Any) -> User:
    """Somebody who may buy."""
    buyer = people.enlisted(username, **values)
    people.verified(buyer.id)
    return buyer


def a_priced_course(instructor_id: str = "", price_minor: int = PRICE, **changes: Any) -> str:
    """The id of a published course that costs something."""
    teacher = instructor_id or people.enlisted(roles=("instructor",)).id
    return courses.a_course(teacher, 1, price_minor=price_minor, **changes).id


def a_cart(user_id: str, *lines: str, coupon: str | None = None) -> Cart:
    """What somebody wants to buy: courses, or a product of ours."""
    for line in lines:
        carts.add(act(user_id), line)
    if coupon is not None:
        carts.use_coupon(act(user_id), coupon)
    found = reads.one(Cart, keys.cart(user_id))
    assert found
    return found


def a_pending_order(user_id: str, *lines: str, coupon: str | None = None) -> Order:
    """An order that nobody has paid yet, out of a cart with these lines. The buyer's address is verified."""
    a_cart(user_id, *lines, coupon=coupon)
    return placing.place(act(user_id)).order


def a_paid_order(user_id: str, *lines: str, coupon: str | None = None, **news: Any) -> Order:
    """One that is paid; `news` is what else Stripe says, as `fee_minor=88`."""
    order = a_pending_order(user_id, *lines, coupon=coupon)
    return paid(order.id, **news)


def paid(order_id: str, **news: Any) -> Order:
    """The order after Stripe has told that it is paid."""
    return payments.apply(act(), order_id, captured(order_now(order_id), **news))


def ended(order_id: str, how: ending.How = "expired") -> Order:
    """The order after it has come to nothing, unless it was paid meanwhile."""
    return looking.give_up(act(), order_now(order_id), how)


def captured(order: Order, **news: Any) -> News:
    """What Stripe says of a payment that has succeeded."""
    known = {"intent_id": f"pi_of{order.id[4:]}", "charge_id": f"ch_of{order.id[4:]}", "currency": order.currency}
    return News(**{**known, "user_id": order.user_id, "captured_minor": int(order.total_minor), **news})


def order_now(order_id: str) -> Order:
    return orders.known(order_id)


def enrolled(user_id: str, course_id: str) -> Enrollment | None:
    """The living enrollment."""
    found = reads.one(Enrollment, keys.enrollment(user_id, course_id))
    return found if found is not None and found.status == "active" else None


def taken(course_id: str) -> int:
    seats = reads.one(Seats, keys.seats(course_id))
    assert seats
    return int(seats.taken)


def tier(user: User) -> str:
    found = reads.one(User, keys.user(user.id))
    assert found
    return found.tier


def refunds_of(order: Order) -> list[Refund]:
    prefix = f"REFUND#{_place(order)}#"
    return [each for each in _of_buyer(order, prefix) if isinstance(each, Refund)]


def postings_of(order: Order) -> list[Posting]:
    prefix = f"POSTING#{_place(order)}#"
    return [each for each in _of_buyer(order, prefix) if isinstance(each, Posting)]


def balances(order: Order) -> dict[str, int]:
    """What the postings of an order come to, by account; nothing where it is nothing."""
    sums: dict[str, int] = {}
    for posting in postings_of(order):
        for account, amount in posting.entries:
            sums[account] = sums.get(account, 0) + amount
    return {account: amount for account, amount in sums.items() if amount}


def earnings_of(instructor_id: str) -> list[Earning]:
    return [each for each in reads.all_of(keys.earnings_of(instructor_id)) if isinstance(each, Earning)]


def _of_buyer(order: Order, prefix: str) -> list[Any]:
    return list(reads.all_of(keys.buyer(order.user_id), prefix=prefix))


def _place(order: Order) -> str:
    place = ids.ordered(order.id)
    assert place
    return place.order


def a_line(
    course_id: str, total_minor: int = PRICE, instructor_id: str | None = None, **changes: Any
) -> dict[str, Any]:
    """A line as an order keeps it."""
    line = {
        "id": course_id,
        "title": "Counting to ten",
        "slug": "counting-to-ten",
        "instructor_id": instructor_id or clock.new_id("usr"),
        "category_id": None,
        "price_minor": total_minor,
        "discount_minor": 0,
        "total_minor": total_minor,
        "limited": False,
    }
    return books.with_fee(line | changes)


def a_record(user_id: str = "", *lines: dict[str, Any], at: datetime | None = None, **changes: Any) -> Order:
    """An order that is in no table, for what is pure; `changes` are attributes of it."""
    user, now = user_id or clock.new_id("usr"), at or clock.now()
    bought = list(lines) or [a_line(clock.new_id("crs"))]
    total = sum(int(line["total_minor"]) for line in bought)
    cart_ver = next(_numbers)
    order_id = ids.order_of(user, cart_ver)
    place = ids.ordered(order_id)
    assert place
    made: Order = Order.under(
        keys.order(*place),
        id=order_id,
        ver=1,
        created_at=now,
        updated_at=now,
        user_id=user,
        cart_ver=cart_ver,
        lines=bought,
        subtotal_minor=sum(int(line["price_minor"]) for line in bought),
        discount_minor=sum(int(line["discount_minor"]) for line in bought),
        total_minor=total,
        currency="USD",
        expires_at=now + timedelta(minutes=30),
        lsi1sk=f"{moment_text(now)}#{order_id}",
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def a_stored_record(user_id: str, *lines: dict[str, Any], **changes: Any) -> Order:
    """The same, written into the table without anything that belongs to it."""
    made = a_record(user_id, *lines, **changes)
    unsettled.file(made, states.due(made, clock.now()))
    alone(put(made))
    return made


def a_refund(order: Order, amount_minor: int = PRICE, **changes: Any) -> Refund:
    """One that was requested, written into the table without anything that belongs to it."""
    place, number = ids.ordered(order.id), int(order.refunds_asked) + 1
    assert place
    made: Refund = Refund.under(
        keys.refund(*place, number),
        id=ids.refund_of(order.id, number),
        ver=1,
        created_at=clock.now(),
        updated_at=clock.now(),
        user_id=order.user_id,
        order_id=order.id,
        number=number,
        amount_minor=amount_minor,
        currency=order.currency,
        lines={order.lines[0]["id"]: amount_minor},
        reason="other",
        asked_by=order.user_id,
        **changes,
    )
    alone(put(made))
    return made


def a_printed_record(user_id: str) -> Order:
    """A paid one with a receipt, as far as the table knows."""
    paid = {"captured_minor": PRICE, "intent_id": "pi_a", "charge_id": "ch_a", "paid_at": clock.now()}
    order = a_stored_record(user_id, **paid)
    receipt = keys.receipt(order.user_id, _place(order))
    alone(put(Receipt.under(receipt, order_id=order.id, order_ver=int(order.ver), printed_at=clock.now())))
    return order
