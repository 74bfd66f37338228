"""What somebody has learned of a payment, from whomever: an event, an answer of Stripe's, a clock. Pure.

News may be old, partial or known already. `learned` says what of it is new to an order; `contradiction` why it cannot
be true of it, in which case nobody acts on it. Neither depends on the order in which news arrive.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.commerce import states
from chalicelib.commerce.records import Order

#: So many refunds are told in one transaction.
AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund as Stripe knows it; `refund_id` is ours, where we asked for it."""

    amount_minor: int
    refund_id: str | None = None
    is_done: bool = True
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class News:
    intent_id: str | None = None
    charge_id: str | None = None
    currency: str | None = None
    #: Whose order the payment says it is for.
    user_id: str | None = None
    captured_minor: int | None = None
    declined: str | None = None
    #: By what Stripe calls them.
    refunds: Mapping[str, Returned] = field(default_factory=dict)
    #: Refunds of ours that Stripe will not make.
    refused: frozenset[str] = frozenset()
    dispute: str = "none"
    disputed_minor: int = 0
    fee_minor: int | None = None
    #: Of all disputes together, once they are decided.
    dispute_fee_minor: int | None = None


def contradiction(order: Order, news: News) -> str | None:
    """What of the news cannot be true of this order, in a word."""
    if news.user_id is not None and news.user_id != order.user_id:
        return "owner"
    if news.intent_id and order.intent_id and news.intent_id != order.intent_id:
        return "intent"
    if news.currency is not None and news.currency.upper() != order.currency:
        return "currency"
    total = int(order.total_minor)
    if news.captured_minor not in (None, total) or not 0 <= news.disputed_minor <= total:
        return "amount"
    # Refunds may be more than the total together: one that has failed meanwhile may be told of later.
    if not all(0 < each.amount_minor <= total for each in news.refunds.values()):
        return "refunded"
    return None


def parts(news: News) -> list[News]:
    """News of many refunds, a few at a time: each of them may be a write and a fact, and a transaction has a limit."""
    names = sorted(news.refunds)
    groups = [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
    return [replace(news, refunds={name: news.refunds[name] for name in group}) for group in groups] or [news]


def learned(order: Order, news: News) -> dict[str, Any]:
    """What of the news the order does not know yet, as attributes of it."""
    return dict([*_paid(order, news), *_disputed(order, news), *_returned(order, news)])


def _paid(order: Order, news: News) -> Iterator[tuple[str, Any]]:
    for name in ("intent_id", "charge_id", "fee_minor", "dispute_fee_minor"):
        if getattr(order, name) is None and getattr(news, name) is not None:
            yield name, getattr(news, name)
    if states.is_paid(order):
        return
    if news.captured_minor is not None:
        yield "captured_minor", news.captured_minor
        if order.declined is not None:
            yield "declined", None
    elif news.declined and news.declined != order.declined:
        yield "declined", news.declined


def _disputed(order: Order, news: News) -> Iterator[tuple[str, Any]]:
    if states.DISPUTES[news.dispute] > states.DISPUTES[order.dispute]:
        yield "dispute", news.dispute
    if news.disputed_minor > order.disputed_minor:
        yield "disputed_minor", news.disputed_minor


def _returned(order: Order, news: News) -> Iterator[tuple[str, Any]]:
    settled = {name: each for name, each in news.refunds.items() if each.is_done or each.has_failed}
    refunds = {name: each.amount_minor for name, each in settled.items()} | order.refunds
    failed = {*order.failed_refunds, *(name for name, each in settled.items() if each.has_failed)}
    answered = order.answered | _answers(order, news)
    if refunds != order.refunds:
        yield "refunds", refunds
    if failed != set(order.failed_refunds):
        yield "failed_refunds", sorted(failed)
    if answered != order.answered:
        yield "answered", answered


def _answers(order: Order, news: News) -> dict[str, str]:
    """What has become of refunds of ours. One that has failed stays failed, whatever is told of it later."""
    told = dict.fromkeys(news.refused, "failed")
    for each in news.refunds.values():
        if each.refund_id and (each.is_done or each.has_failed):
            told[each.refund_id] = "failed" if each.has_failed else "succeeded"
    return {refund: answer for refund, answer in told.items() if order.answered.get(refund) != "failed"}
