"""What is said of payments and cannot be true: kept for a person to look at, counted for the alarm, acted on by nobody.

The inbox brings it here; administrators read it by day.
"""

import logging
from datetime import UTC, datetime

from chalicelib import logs
from chalicelib.commerce.records import Quarantined
from chalicelib.commerce.stripe_events import Event
from chalicelib.messaging import metrics
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position
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


def of_day(act: Act, day: str, *, size: int, after: str | None) -> Page[Quarantined]:
    """In the order of their ids."""
    scope = Scope("quarantine", act.actor, day)
    mark = position(scope, after, act.now) if after else ""
    page = reads.span(keys.quarantine_of(day), after=mark, limit=size)
    more = None if page.more_after is None else cursor(scope, page.records[-1].sk, act.now)
    return Page([each for each in page.records if isinstance(each, Quarantined)], more)
