"""What a buyer gets for the money, and loses with it: courses and the premium tier, line by line of the order.

A line that cannot be delivered any more (its course is gone or full, or the buyer has it already) is given back without
anybody asking.
"""

from collections.abc import Mapping

from chalicelib.accounts import rights
from chalicelib.accounts.records import User
from chalicelib.catalog.records import Seats
from chalicelib.commerce import booking, books, carts, products, refunding, states
from chalicelib.commerce.books import Line
from chalicelib.commerce.effects import Effects
from chalicelib.learning import enrollments, leaving, totals
from chalicelib.learning.enrollments import Case, Granted
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

Moves = list[tuple[Enrollment | None, Enrollment]]
#: What may open or close lines when it changes.
MOVING = ("captured_minor", "dispute", "disputed_minor", "refunds", "failed_refunds")


def read(effects: Effects) -> Mapping[Key, Record]:
    """All that decides about the lines, in one trip; nothing where no line is touched."""
    before, order = effects.before, effects.after
    wanted = list(booking.answered(effects))
    moves = any(getattr(before, name) != getattr(order, name) for name in MOVING)
    if moves:
        wanted += [keys.cart(order.user_id), keys.user(order.user_id), keys.standing(order.user_id)]
        for line in order.lines:
            if not products.is_product(line["id"]):
                wanted += enrollments.wanted(order.user_id, line["id"])
    found = reads.many(wanted) if wanted else {}
    effects.is_told = not moves or not _is_gone(effects, found)
    return found


def deliver(effects: Effects, found: Mapping[Key, Record]) -> None:
    """Once, when the payment becomes known."""
    if not effects.is_newly_paid:
        return
    order = effects.after
    order.paid_at = effects.act.now
    effects.tell(
        "order.paid",
        total_minor=states.captured(order),
        currency=order.currency,
        entries=books.captured(order.lines),
        lines={line["id"]: int(line["total_minor"]) for line in order.lines},
        teachers=books.teachers(order.lines),
        shares=books.shares(order.lines),
    )
    order.closed = states.closed_lines(order)
    moves: Moves = []
    for line in order.lines:
        if line["id"] in order.closed:
            _give_up_seat(effects, line)
        elif not _delivered(effects, found, line, moves):
            _give_up_seat(effects, line)
            refunding.ask(effects, {line["id"]: int(line["total_minor"])}, reason="undeliverable")
    effects.writes += totals.all_moved(moves)
    bought = carts.bought(effects.act, found.get(keys.cart(order.user_id)), order)
    if bought is not None:
        effects.add_told(*bought)


def _holds_seat(effects: Effects, line: Line) -> bool:
    return bool(line["limited"]) and not effects.after.ended


def _give_up_seat(effects: Effects, line: Line) -> None:
    if _holds_seat(effects, line):
        effects.writes.append(leaving.seat_freed(line["id"]))


def _delivered(effects: Effects, found: Mapping[Key, Record], line: Line, moves: Moves) -> bool:
    if products.is_product(line["id"]):
        return _premium_opened(effects, found)
    order = effects.after
    case = enrollments.case_of(found, order.user_id, line["id"])
    holds_seat = _holds_seat(effects, line)
    if _is_gone(effects, found) or not _may_come(case, holds_seat=holds_seat):
        return False
    _let_in(effects, case, moves, takes_seat=not holds_seat)
    return True


def _is_gone(effects: Effects, found: Mapping[Key, Record]) -> bool:
    """The buyer was erased while the payment was on its way."""
    buyer = found.get(keys.user(effects.after.user_id))
    return not isinstance(buyer, User) or buyer.erased_at is not None


def _may_come(case: Case, *, holds_seat: bool) -> bool:
    if case.gate is None or case.gate.is_deleted or case.is_enrolled:
        return False
    return holds_seat or not case.gate.limited or _has_room(case.seats)


def _has_room(seats: Seats | None) -> bool:
    return seats is not None and seats.taken < seats.capacity


def _let_in(effects: Effects, case: Case, moves: Moves, *, takes_seat: bool) -> None:
    granted = enrollments.granting(
        effects.act, case, via=_via(effects, case), order_id=effects.after.id, takes_seat=takes_seat, counts=False
    )
    _composed(effects, granted, case.enrollment, moves)


def _via(effects: Effects, case: Case) -> str:
    """What cost nothing is left like any other course: there is no money to ask back."""
    cost = sum(int(line["total_minor"]) for line in effects.after.lines if line["id"] == case.course_id)
    return "order" if cost else "grant"


def _composed(effects: Effects, granted: Granted, before: Enrollment | None, moves: Moves) -> None:
    effects.add_told(granted.writes, granted.fact)
    moves.append((before, granted.enrollment))


def close_and_open(effects: Effects, found: Mapping[Key, Record]) -> None:
    """Lines that the money does not stand behind any more are closed, and opened again where it comes back."""
    order = effects.after
    if not states.is_paid(order):
        return
    wanted = states.closed_lines(order)
    moves: Moves = []
    for line in order.lines:
        if line["id"] in wanted and line["id"] not in order.closed:
            _close(effects, found, line, moves)
        if line["id"] in order.closed and line["id"] not in wanted:
            _open(effects, found, line, moves)
    order.closed = wanted
    effects.writes += totals.all_moved(moves)


def _close(effects: Effects, found: Mapping[Key, Record], line: Line, moves: Moves) -> None:
    """Only what this order has opened."""
    order = effects.after
    if products.is_product(line["id"]):
        _premium_closed(effects, found)
        return
    case = enrollments.case_of(found, order.user_id, line["id"])
    enrollment = case.enrollment
    if enrollment is not None and case.is_enrolled and enrollment.order_id == order.id:
        ended = leaving.cancelling(effects.act, enrollment, has_seat=case.seats is not None, counts=False)
        _composed(effects, ended, enrollment, moves)


def _open(effects: Effects, found: Mapping[Key, Record], line: Line, moves: Moves) -> None:
    if not _opened(effects, found, line, moves) and effects.before.dispute != effects.after.dispute:
        # A refund that has failed in the end is a case for a person: asking for it again would fail again.
        left = int(line["total_minor"]) - effects.after.allotted.get(line["id"], 0)
        refunding.ask(effects, {line["id"]: left}, reason="undeliverable")


def _opened(effects: Effects, found: Mapping[Key, Record], line: Line, moves: Moves) -> bool:
    if products.is_product(line["id"]):
        return _premium_opened(effects, found)
    case = enrollments.case_of(found, effects.after.user_id, line["id"])
    if _is_gone(effects, found) or not _may_come(case, holds_seat=False):
        return False
    _let_in(effects, case, moves, takes_seat=True)
    return True


def _premium_opened(effects: Effects, found: Mapping[Key, Record]) -> bool:
    order = effects.after
    changing = rights.tier_changing(effects.act, found, order.user_id, "premium", order_id=order.id)
    if changing is not None:
        effects.add_told(changing.writes, changing.fact)
    return changing is not None


def _premium_closed(effects: Effects, found: Mapping[Key, Record]) -> None:
    order, buyer = effects.after, found.get(keys.user(effects.after.user_id))
    if not isinstance(buyer, User) or buyer.tier_order_id != order.id:
        return
    changing = rights.tier_changing(effects.act, found, order.user_id, "free")
    if changing is not None:
        effects.add_told(changing.writes, changing.fact)
