"""Asking Stripe about every order that something is still open of: the payment that nobody told us of, the reservation
that is over, the refund that got lost, the fee that was not known yet. `schedules/reconcile_payments` walks here.

It needs neither webhooks nor queues, so what they lose is found within minutes. Looking at an order twice, or two walks
at once, does no more than one: `looking` has the one effect of payments.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from chalicelib import logs
from chalicelib.commerce import looking, unsettled
from chalicelib.commerce.records import Order
from chalicelib.commerce.stripe_gateway import PaymentsUnavailable, PaymentUndecided
from chalicelib.commerce.stripe_keys import PaymentKeysUnavailable
from chalicelib.messaging import metrics
from chalicelib.table import reads
from chalicelib.table.acts import by_system
from chalicelib.table.keys import Key

#: After so many that Stripe did not answer the walk ends; the next clock goes on. So one order cannot stop it.
PATIENT_WITH_STRIPE = 3
#: What is left after this time is due for the next walk. The last order must be done before the function is stopped.
SECONDS = 220.0
SECONDS_EACH = 60.0

log = logging.getLogger("app.payments")


def walk(as_of: datetime, first_shard: int, done: Callable[[int], None]) -> Counter[str]:
    """Look at all that is due by then, part after part of the list; returns how many came to what.

    `done` is called after each order with the part that is being walked over.
    """
    outcomes: Counter[str] = Counter()
    until = time.monotonic() + SECONDS
    for shard in range(first_shard, unsettled.SHARDS):
        for listed in list(unsettled.due_by(shard, as_of)):
            if outcomes["unavailable"] == PATIENT_WITH_STRIPE or time.monotonic() > until:
                return outcomes
            outcomes[_dealt(listed.key, as_of)] += 1
            done(shard)
    return outcomes


def _dealt(key: Key, as_of: datetime) -> str:
    order = reads.one(Order, key)
    due = None if order is None else unsettled.due_of(order)
    if order is None or due is None or due > as_of:
        return "settled"
    outcome = _looked(order, as_of)
    if outcome != "moved":
        unsettled.put_off(order, max(as_of, by_system("reconcile").now))
    log.info("looked", extra=logs.facts(order=order.id, outcome=outcome, times=int(order.looked) + 1))
    return outcome


def _looked(order: Order, as_of: datetime) -> str:
    act = by_system(f"reconcile-{as_of:%Y-%m-%dT%H:%M}", seconds=SECONDS_EACH)
    try:
        after = looking.look(act, order, as_of)
    except (PaymentsUnavailable, PaymentKeysUnavailable):
        return "unavailable"
    except PaymentUndecided:
        # Its time is up and the bank is still deciding. It is not ended before that, and that is nobody's mistake.
        return "undecided"
    except Exception:  # The batch loop: one order must not take the others with it.
        log.exception("not reconciled", extra=logs.facts(order=order.id))
        metrics.count("PaymentsUnreconciled")
        return "failed"
    return "open" if int(after.ver) == int(order.ver) else "moved"
