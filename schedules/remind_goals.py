"""Every midnight of the configured zone: finds the people whose goals may have been idle for long enough."""

from typing import Any

from chalicelib import logs
from chalicelib.goals import ledgers, reminders
from chalicelib.messaging import batches, jobs
from chalicelib.messaging.jobs import Save
from chalicelib.table import acts

logs.configure()
NAME = "remind_goals"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The date is that of the zone in which it is midnight. The cursor is the last page of people who were put into
    the queue; whoever takes over goes on behind it, and repeats one page at most, which the workers stand.
    """
    on = ledgers.day_of(jobs.moment(event))

    def work(cursor: str, save: Save) -> None:
        people = reminders.ask(on, cursor, save)
        batches.log.info("asked", extra=logs.facts(day=on.isoformat(), people=people))

    done = jobs.run(NAME, on.isoformat(), work, acts.by_system(context.aws_request_id))
    return {"day": on.isoformat(), "done": done}
