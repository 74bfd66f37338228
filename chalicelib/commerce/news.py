"""What somebody has learned of a payment, from whomever: an event, an answer of Stripe's, a clock. Pure.

News may be old, partial or known already. `learned` says what of it is new to an order; `contradiction` why it cannot
be true of it, in which case nobody acts on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.commerce import states
from chalicelib.commerce.records import Order


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
    refunds: Mapping[str, Returned] = field(default_factory=dict)
    dispute: str = "none"
    disputed_minor: int = 0
    fee_minor: int | None = None


def contradiction(order: Order, news: News) -> str | None:
    """What of the news cannot be true of this order, in a word."""
    if news.user_id is not None and news.user_id != order.user_id:
        return "owner"
    if news.intent_id and order.intent_id and news.intent_id != order.intent_id:
        return "intent"
    if news.currency is not None and news.currency.upper() != order.currency:
        return "currency"
    amounts = [each.amount_minor for each in news.refunds.values()]
    if news.captured_minor not in (None, int(order.total_minor)) or any(amount <= 0 for amount in amounts):
        return "amount"
    known = {**order.refunds, **{name: each.amount_minor for name, each in news.refunds.items()}}
    failed = {*order.failed_refunds, *(name for name, each in news.refunds.items() if each.has_failed)}
    if sum(int(amount) for name, amount in known.items() if name not in failed) > int(order.total_minor):
        return "refunded"
    return None


def learned(order: Order, news: News) -> dict[str, Any]:
    """What of the news the order does not know yet, as attributes of it."""
    changes: dict[str, Any] = {}
    for name in ("intent_id", "charge_id"):
        if getattr(order, name) is None and getattr(news, name) is not None:
            changes[name] = getattr(news, name)
    if news.captured_minor is not None and not states.is_paid(order):
        changes |= {"captured_minor": news.captured_minor}
    elif news.declined and not states.is_paid(order) and news.declined != order.declined:
        changes["declined"] = news.declined
    if news.fee_minor is not None and order.fee_minor is None:
        changes["fee_minor"] = news.fee_minor
    if states.DISPUTES[news.dispute] > states.DISPUTES[order.dispute]:
        changes |= {"dispute": news.dispute, "disputed_minor": max(news.disputed_minor, int(order.disputed_minor))}
    return changes | _returned(order, news)


def _returned(order: Order, news: News) -> dict[str, Any]:
    done = {name: each.amount_minor for name, each in news.refunds.items() if each.is_done or each.has_failed}
    failed = [name for name, each in news.refunds.items() if each.has_failed]
    changes: dict[str, Any] = {}
    if not done.keys() <= order.refunds.keys():
        changes["refunds"] = {**done, **order.refunds}
    if not set(failed) <= set(order.failed_refunds):
        changes["failed_refunds"] = sorted({*order.failed_refunds, *failed})
    return changes
