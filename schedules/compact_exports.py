"""Every night: makes one row of each exported change and compares yesterday's rows with the table."""

from typing import Any

from chalicelib import logs
from chalicelib.messaging import jobs
from chalicelib.messaging.jobs import Save
from chalicelib.ml import compaction
from chalicelib.table.acts import by_system

logs.configure()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Versions that are missing or double fail the run, which ends in the schedules' dead-letter queue and rings.

    A run that takes over from a killed one begins anew: compacting a day that is in order changes nothing.
    """
    meant = jobs.moment(event)
    days = compaction.pending(meant)

    def work(cursor: str, save: Save) -> None:
        made = [manifest for day in days for manifest in compaction.compact(day, alive=lambda: save(cursor))]
        compaction.require(made)

    done = jobs.run("compact_exports", meant.date().isoformat(), work, by_system(context.aws_request_id))
    return {"days": days, "done": done}
