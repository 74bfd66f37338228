"""Who gets what back of an order: buyers within the window and for what they have hardly used, administrators always.

Asking holds the amount back in the transaction of the order, so that refunds never come to more than was paid however
many are asked for at once. `giving_back` then has Stripe do it. The routes of refunds call this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from chalicelib.catalog import courses, money
from chalicelib.catalog.courses import copied
from chalicelib.commerce import books, ids, products, refunding, states
from chalicelib.commerce.effects import Effects
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.records import Order, Refund
from chalicelib.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from chalicelib.learning import completion
from chalicelib.learning.records import Enrollment
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_said
from chalicelib.table.writes import persistently, telling, together

#: A list, so that nothing about a person stands in books that are kept.
Reason = Literal["changed_my_mind", "bought_by_mistake", "not_as_described", "technical_problem", "goodwill", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)
#: Of one order, those that failed included: all of them are read when another one is asked for.
MOST = 50


class RefundUnknown(NotFound):
    """There is no such refund, or none of yours."""


class OrderUnpaid(Conflict):
    """Nothing was paid for this order, so there is nothing to give back."""


class OrderDisputed(Conflict):
    """The buyer's bank disputes this payment; until that is decided, and where it is lost, nothing is given back."""


class NothingLeft(Conflict):
    """All of this was given back before."""


class NothingPaid(Conflict):
    """This cost nothing, so there is nothing to give back."""


class RefundNotOffered(Conflict):
    """This cannot be given back any more; the errors say why."""


class TooManyRefunds(Conflict):
    """So many refunds were asked for of this order that a person has to look at it."""


class RefundTooLarge(Conflict):
    """So much is not left of what was paid; the errors name the rest."""


class AmountNotYours(Forbidden):
    """Only administrators say how much; buyers name courses, and get all that they paid for them."""


class NotOfThisOrder(Invalid):
    """The order has no such line."""


@dataclass(frozen=True, slots=True)
class Wish:
    """All of the order where nothing is named."""

    reason: Reason = "other"
    lines: Sequence[str] = ()
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """`is_new` where this very request has asked; otherwise it was asked for before."""

    refund: Refund
    is_new: bool

    @property
    def ver(self) -> int:
        return int(self.refund.ver)


@dataclass(frozen=True, slots=True)
class Case:
    """All that decides about one wish."""

    act: Act
    order: Order
    is_admin: bool
    refunds: Sequence[Refund]
    enrollments: Mapping[str, Enrollment]

    def left(self, line: str) -> int:
        """What of a line is neither given back nor about to be."""
        total = next(int(each["total_minor"]) for each in self.order.lines if each["id"] == line)
        waiting = sum(int(each.lines.get(line, 0)) for each in self.refunds if each.status == "requested")
        return max(0, total - int(self.order.allotted.get(line, 0)) - waiting)


def ask(act: Act, order_id: str, wish: Wish, *, anybodys: bool = False) -> Asked:
    """What a wish comes to. A repeated one finds what the first has asked for. `anybodys` is for administrators."""
    return persistently(act, lambda: _asked(_case(act, order_id, anybodys=anybodys), wish))


def _case(act: Act, order_id: str, *, anybodys: bool) -> Case:
    order, is_admin = _order(act, order_id, anybodys=anybodys)
    place = _place(order_id)
    asked = [keys.refund(place.user, place.order, number) for number in range(1, int(order.refunds_asked) + 1)]
    bought = [line["id"] for line in order.lines if not products.is_product(line["id"])]
    found = reads.many([*asked, *(keys.enrollment(order.user_id, each) for each in bought)])
    enrolled = {each.course_id: each for each in found.values() if isinstance(each, Enrollment)}
    return Case(act, order, is_admin, _refunds(found.get(key) for key in asked), enrolled)


def _order(act: Act, order_id: str, *, anybodys: bool) -> tuple[Order, bool]:
    """The order, and whether the caller administers. Somebody else's is not there for anybody but administrators."""
    place = ids.ordered(order_id)
    wanted: list[Key] = [keys.standing(act.actor)]
    if place is not None and (anybodys or place.user == act.actor):
        wanted.append(keys.order(*place))
    found = act.read(wanted)
    order = found.get(wanted[-1])
    is_admin = courses.is_admin(act, found)
    if not isinstance(order, Order) or not (is_admin or order.user_id == act.actor):
        raise OrderUnknown
    return order, is_admin


def _place(order_id: str) -> ids.Ordered:
    place = ids.ordered(order_id)
    if place is None:
        raise OrderUnknown
    return place


def _refunds(found: Iterable[Record | None]) -> list[Refund]:
    return [each for each in found if isinstance(each, Refund)]


def _asked(case: Case, wish: Wish) -> Asked:
    if not states.is_paid(case.order):
        raise OrderUnpaid
    if states.is_disputed(case.order):
        raise OrderDisputed
    if wish.amount_minor is not None and not case.is_admin:
        raise AmountNotYours
    wanted = _wanted(case.order, wish.lines)
    room = {line: left for line in wanted if (left := case.left(line))}
    if not room:
        return _there(case, wanted)
    if not case.is_admin:
        _require_offered(case, room)
    if int(case.order.refunds_asked) >= MOST:
        raise TooManyRefunds
    return _made(case, _amounts(case, room, wish.amount_minor), wish.reason)


def _wanted(order: Order, lines: Sequence[str]) -> list[str]:
    there = [line["id"] for line in order.lines]
    strange = [line for line in lines if line not in there]
    if strange:
        raise NotOfThisOrder(errors=[FieldError("course_ids", "not_of_this_order", line) for line in strange])
    return [line for line in there if line in lines] if lines else there


def _there(case: Case, wanted: Sequence[str]) -> Asked:
    """A repeated click: what gives this back was asked for before, and is under way or done."""
    for refund in reversed(case.refunds):
        if refund.status != "failed" and any(line in refund.lines for line in wanted):
            return Asked(refund, is_new=False)
    cost = sum(int(each["total_minor"]) for each in case.order.lines if each["id"] in wanted)
    raise NothingLeft if cost else NothingPaid


def _require_offered(case: Case, lines: Iterable[str]) -> None:
    errors = [*_too_late(case), *(error for line in lines for error in _used(case, line))]
    if errors:
        raise RefundNotOffered(errors=errors)


def _too_late(case: Case) -> list[FieldError]:
    until = (case.order.paid_at or case.act.now) + timedelta(days=settings.refund_days)
    if case.act.now <= until:
        return []
    said = f"It could be given back for {settings.refund_days} days, until {moment_said(until)}."
    return [FieldError("order", "too_late", said)]


def _used(case: Case, line: str) -> list[FieldError]:
    enrollment = case.enrollments.get(line)
    if enrollment is None or enrollment.order_id != case.order.id:
        return []
    seen = completion.ever(enrollment)
    if seen < settings.refund_watched_percent:
        return []
    said = f"{seen} % of it are done; it is given back under {settings.refund_watched_percent} %."
    return [FieldError(line, "watched_too_much", said)]


def _amounts(case: Case, room: Mapping[str, int], amount: int | None) -> Mapping[str, int]:
    """What of which line, when so much of these is to be given back."""
    # Less than the lines have together, where somebody has given back at Stripe what was reserved here.
    rest = min(sum(room.values()), states.refundable(case.order))
    if amount is None:
        return room
    if amount > rest:
        said = f"At most {money.decimal(rest)} is left."
        raise RefundTooLarge(errors=[FieldError("amount", "more_than_is_left", said)])
    return {line: part for line, part in books.spread_over(amount, room).items() if part}


def _made(case: Case, amounts: Mapping[str, int], reason: Reason) -> Asked:
    effects = Effects(case.act, case.order, copied(case.order, {}))
    refund = refunding.ask(effects, amounts, reason=reason)
    if refund is None:
        raise NothingLeft
    first, *more = effects.facts
    pieces = [effects.order_written(), *effects.writes, *map(telling, more)]
    return together(case.act, *pieces, fact=first, result=Asked(refund, is_new=True))


def of_order(act: Act, order_id: str) -> list[Refund]:
    """All that was asked for, in that order."""
    place = ids.ordered(order_id)
    if place is None or place.user != act.actor:
        _order(act, order_id, anybodys=True)
    place = _place(order_id)
    found = _refunds(reads.all_of(keys.order(*place).pk, prefix=f"REFUND#{place.order}#"))
    if not found and reads.one(Order, keys.order(*place)) is None:
        raise OrderUnknown
    return sorted(found, key=lambda each: int(each.number))


def one(act: Act, refund_id: str) -> Refund:
    place = ids.given_back(refund_id)
    key = None if place is None else keys.refund(*place)
    wanted = [keys.standing(act.actor), *([key] if key else [])]
    is_own = place is not None and place.user == act.actor
    found = reads.many(wanted[1:]) if is_own else act.read(wanted)
    refund = found.get(wanted[-1])
    if not isinstance(refund, Refund) or not (is_own or courses.is_admin(act, found)):
        raise RefundUnknown
    return refund
