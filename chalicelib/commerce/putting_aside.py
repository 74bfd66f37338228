"""Putting aside what is said of a payment and cannot be true: kept, counted for the alarm, acted on by nobody.

The inbox brings it here; a person looks at it (`quarantine`).
"""

import logging
from datetime import UTC, datetime

from chalicelib import logs
from chalicelib.commerce.records import Quarantined
from chalicelib.commerce.stripe_events import Event
from chalicelib.messaging import metrics
from chalicelib.table import keys
from chalicelib.table.writes import AlreadyThere, alone, put_new

#: Watched by an alarm: one is enough to wake somebody.
METRIC = "PaymentsQuarantined"

log = logging.getLogger("app.payments")


def keep(event: Event, order_id: str | None, reason: str, now: datetime) -> None:
    """Once, however often Stripe sends it."""
    day = datetime.fromtimestamp(event.created, UTC).date().isoformat()
    kept = Quarantined.under(
        keys.quarantined(day, event.id),
        event_id=event.id,
        type=event.type,
        reason=reason,
        order_id=order_id,
        seen=dict(event.thing),
        created_at=now,
    )
    try:
        alone(put_new(kept))
    except AlreadyThere:
        return
    metrics.count(METRIC)
    log.error("quarantined", extra=logs.facts(event=event.id, type=event.type, reason=reason, order=order_id))
