"""Has people reminded of goals for which nothing was done, a person per message."""

from typing import Any

from chalicelib import logs
from chalicelib.goals import reminders
from chalicelib.goals.reminders import Asked
from chalicelib.messaging import batches
from chalicelib.messaging.batches import Outcome
from chalicelib.table.acts import by_system

logs.configure()
parse = reminders.read


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A repeat finds the person filed under a later date."""
    return batches.each(event, reminders.QUEUE, parse, remind)


def remind(asked: Asked) -> Outcome:
    act = by_system(f"remind-goals-{asked.on}")
    outcome = reminders.remind(act, asked)
    return {"user": asked.user, "on": asked.on.isoformat(), "request_id": act.request_id, "outcome": outcome}
