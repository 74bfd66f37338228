"""The books of an order: what its news mean for refunds that were asked for, and the postings that follow."""

from collections.abc import Mapping

from chalicelib.commerce import books, couponing, ids, states
from chalicelib.commerce.books import Allotment, Entries, Shares
from chalicelib.commerce.effects import Effects
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Earning, Posting, Refund
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import change, put_new


def answered(effects: Effects) -> dict[Key, str]:
    """Where the refunds of ours lie of which Stripe has said something new, and what it said."""
    before, after = effects.before.answered, effects.after.answered
    told = {ids.given_back(refund): answer for refund, answer in after.items() if before.get(refund) != answer}
    return {keys.refund(*place): answer for place, answer in told.items() if place is not None}


def give_back(effects: Effects, found: Mapping[Key, Record], what: News) -> None:
    """Our own refunds are done or have failed; then what was given back is shared out over the lines."""
    order = effects.after
    stripe_ids = {each.refund_id: stripe_id for stripe_id, each in what.refunds.items() if each.refund_id}
    for key, answer in answered(effects).items():
        refund = found.get(key)
        if isinstance(refund, Refund) and refund.order_id == order.id:
            _settle(effects, refund, answer, stripe_ids.get(refund.id))
    if states.refunded(order) > states.refunded(effects.before):
        order.returned_at = effects.act.now
    order.allotted = books.allotted(order.lines, states.returned(order), order.designated)
    effects.writes += couponing.moved(effects.before, order)


def _settle(effects: Effects, refund: Refund, answer: str, stripe_id: str | None) -> None:
    order = effects.after
    if refund.status == "requested":
        order.refunding_minor = int(order.refunding_minor) - int(refund.amount_minor)
    if answer == "succeeded" or refund.status == "succeeded":
        sign = 1 if answer == "succeeded" else -1
        meant = {line: order.designated.get(line, 0) + sign * amount for line, amount in refund.lines.items()}
        order.designated = {**order.designated, **meant}
    done = [Refund.status.set(answer), Refund.done_at.set(effects.act.now)]
    named = [Refund.stripe_id.set(stripe_id)] if stripe_id else []
    effects.writes.append(change(refund, *done, *named, now=effects.act.now))
    effects.tell(f"refund.{answer}", refund.id, ver=int(refund.ver) + 1, order=order.id, **_amount(effects, refund))


def _amount(effects: Effects, refund: Refund) -> dict[str, object]:
    return {"amount_minor": int(refund.amount_minor), "currency": effects.after.currency, "reason": refund.reason}


def book(effects: Effects) -> None:
    """The postings of what is new: the sale, what was given back, what the bank took back, what Stripe keeps."""
    before, order = effects.before, effects.after
    if effects.is_newly_paid:
        _post(effects, "capture", books.captured(order.lines), books.shares(order.lines))
    given = states.refunded(order) + states.charged_back(before)
    between = books.allotted(order.lines, given, order.designated)
    _move(effects, "refunded", before.allotted, between)
    _move(effects, "charged_back", between, order.allotted)
    for what in ("fee", "dispute_fee"):
        _keep(effects, what, getattr(before, f"{what}_minor"), getattr(order, f"{what}_minor"))


def _keep(effects: Effects, what: str, before: int | None, after: int | None) -> None:
    """What Stripe keeps, as soon as it is known; it is nothing to the buyer."""
    if after is None or before is not None:
        return
    order, entries = effects.after, books.fee(int(after))
    _post(effects, what, entries, {})
    known = effects.act.fact(
        f"order.{what}_known",
        order.id,
        audience=[],
        fee_minor=int(after),
        currency=order.currency,
        entries=entries,
    )
    effects.add_told([], known)


def _move(effects: Effects, how: str, before: Allotment, after: Allotment) -> None:
    """Money that goes back to the buyer; less than nothing where a refund has failed in the end."""
    order = effects.after
    lines = books.refunded_lines(order.lines, before, after)
    if not lines:
        return
    entries, shares = books.refunded(order.lines, before, after), books.shares(order.lines, before, after)
    _post(effects, f"{how}-{int(effects.before.ver) + 1}", entries, shares)
    effects.tell(
        f"order.{how}",
        amount_minor=sum(lines.values()),
        returned_minor=states.returned(order),
        currency=order.currency,
        entries=entries,
        lines=lines,
        shares=shares,
        closed=list(order.closed),
    )


def _post(effects: Effects, what: str, entries: Entries, shares: Shares) -> None:
    if not entries:
        return
    order, now = effects.after, effects.act.now
    place = ids.place_of(order.id)
    posting: Posting = Posting.under(
        keys.posting(order.user_id, place.order, what),
        order_id=order.id,
        what=what,
        at=now,
        currency=order.currency,
        entries=entries,
        created_at=now,
    )
    effects.writes.append(put_new(posting))
    for instructor, courses in shares.items():
        earning: Earning = Earning.under(
            keys.earning(instructor, moment_text(now), place.order, what),
            instructor_id=instructor,
            order_id=order.id,
            what=what,
            at=now,
            currency=order.currency,
            amount_minor=sum(share for _, _, share in courses.values()),
            courses=courses,
            created_at=now,
        )
        effects.writes.append(put_new(earning))
