"""Every night: makes one row of each exported change and compares yesterday's rows with the table."""

from typing import Any

from chalicelib import logs
from chalicelib.messaging import jobs
from chalicelib.messaging.jobs import Save
from chalicelib.ml import days
from chalicelib.table.acts import by_system

logs.configure()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Days that failed, and versions that are missing or double, fail the run once all days have had their turn.

    That ends in the schedules' dead-letter queue and rings. A run that takes over from a killed one begins anew:
    compacting a day that is in order changes nothing.
    """
    meant = jobs.moment(event)
    pending = days.pending(meant)

    def work(cursor: str, save: Save) -> None:
        days.compact(pending, alive=lambda: save(cursor)).require()

    done = jobs.run("compact_exports", meant.date().isoformat(), work, by_system(context.aws_request_id))
    return {"days": pending, "done": done}
