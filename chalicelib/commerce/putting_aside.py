"""Putting aside what is said of a payment and cannot be true: kept, counted for the alarm, acted on by nobody.

The inbox brings it here; a person looks at it (`quarantine`).
"""

import logging
from datetime import UTC, datetime

from chalicelib import logs
from chalicelib.commerce.records import Quarantined
from chalicelib.commerce.stripe_events import Event
from chalicelib.messaging import metrics
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put

#: Watched by an alarm: one is enough to wake somebody.
METRIC = "PaymentsQuarantined"

log = logging.getLogger("app.payments")


def keep(event: Event, order_id: str | None, reason: str, now: datetime) -> None:
    """Once, however often Stripe sends it. The alarm comes first: whoever is cut off in between gives it again."""
    day = datetime.fromtimestamp(event.created, UTC).date().isoformat()
    place = keys.quarantined(day, event.id)
    if reads.one(Quarantined, place) is not None:
        return
    metrics.count(METRIC)
    log.error("quarantined", extra=logs.facts(event=event.id, type=event.type, reason=reason, order=order_id))
    kept = Quarantined.under(
        place,
        event_id=event.id,
        type=event.type,
        reason=reason,
        order_id=order_id,
        seen=dict(event.thing),
        created_at=now,
    )
    alone(put(kept))
