"""The books of an order: what its news mean for refunds that were asked for, and the postings that follow."""

from collections.abc import Mapping

from chalicelib.commerce import books, ids, states
from chalicelib.commerce.books import Entries
from chalicelib.commerce.effects import Effects
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Earning, Posting, Refund
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import change, put_new


def refunds_in(what: News) -> dict[Key, str]:
    """Where the refunds of ours lie that the news tell of, by what Stripe calls them."""
    found: dict[Key, str] = {}
    for stripe_id, each in what.refunds.items():
        place = ids.given_back(each.refund_id) if each.refund_id else None
        if place is not None and (each.is_done or each.has_failed):
            found[keys.refund(*place)] = stripe_id
    return found


def give_back(effects: Effects, found: Mapping[Key, Record], what: News) -> None:
    """Our own refunds are done or have failed; then what was given back is shared out over the lines."""
    order = effects.after
    for key, stripe_id in refunds_in(what).items():
        refund = found.get(key)
        if isinstance(refund, Refund) and refund.order_id == order.id:
            _settle(effects, refund, stripe_id, failed=what.refunds[stripe_id].has_failed)
    order.allotted = books.allotted(order.lines, states.refunded(order), order.designated)


def _settle(effects: Effects, refund: Refund, stripe_id: str, *, failed: bool) -> None:
    order, status = effects.after, "failed" if failed else "succeeded"
    if refund.status in (status, "failed"):
        return
    if refund.status == "requested":
        order.refunding_minor = int(order.refunding_minor) - int(refund.amount_minor)
    sign = -1 if failed else 1
    if not (failed and refund.status == "requested"):
        meant = {line: order.designated.get(line, 0) + sign * amount for line, amount in refund.lines.items()}
        order.designated = {**order.designated, **meant}
    done = [Refund.status.set(status), Refund.stripe_id.set(stripe_id), Refund.done_at.set(effects.act.now)]
    effects.writes.append(change(refund, *done, now=effects.act.now))
    effects.tell(f"refund.{status}", refund.id, order=order.id, amount_minor=int(refund.amount_minor))


def book(effects: Effects) -> None:
    """The postings of what is new: the sale, what was given back, what Stripe keeps."""
    before, order = effects.before, effects.after
    if effects.is_newly_paid:
        _posted(effects, "capture", books.captured(order.lines), books.shares(order.lines))
    if order.allotted != before.allotted:
        moved = books.refunded(order.lines, before.allotted, order.allotted)
        shares = books.shares(order.lines, before.allotted, order.allotted)
        _posted(effects, f"refund-{int(before.ver) + 1}", moved, shares)
        _tell_refunded(effects)
    if order.fee_minor is not None and before.fee_minor is None:
        _posted(effects, "fee", books.fee(int(order.fee_minor)), {})
        effects.tell("order.fee_known", fee_minor=int(order.fee_minor), currency=order.currency)


def _tell_refunded(effects: Effects) -> None:
    before, order = effects.before, effects.after
    effects.tell(
        "order.refunded",
        amount_minor=sum(order.allotted.values()) - sum(before.allotted.values()),
        refunded_minor=states.refunded(order),
        currency=order.currency,
        entries=books.refunded(order.lines, before.allotted, order.allotted),
        lines=books.refunded_lines(order.lines, before.allotted, order.allotted),
    )


def _posted(effects: Effects, what: str, entries: Entries, shares: Mapping[str, Mapping[str, list[int]]]) -> None:
    if not entries:
        return
    order, now = effects.after, effects.act.now
    place = ids.ordered(order.id)
    if place is None:
        raise ValueError(order.id)
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
