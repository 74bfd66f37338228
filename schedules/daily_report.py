"""Every morning: makes the report of the day before and has each administrator told of it."""

from datetime import date, timedelta
from typing import Any

from chalicelib import logs
from chalicelib.insight import figures, reports
from chalicelib.messaging import jobs
from chalicelib.messaging.jobs import Save
from chalicelib.table import acts

logs.configure()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The report is made once and notes who was told, so a run that takes over from a killed one goes on where it was.

    The day is the last whole one in the platform's own zone when the clock was meant to strike.
    """
    meant = jobs.moment(event)
    day = date.fromisoformat(figures.day_of(meant)) - timedelta(days=1)

    def work(cursor: str, save: Save) -> None:
        act = acts.by_system(f"daily-report-{day}", seconds=100.0)
        reports.address(act, reports.make(act, day), alive=lambda: save(cursor))

    done = jobs.run("daily_report", meant.date().isoformat(), work, acts.by_system(context.aws_request_id))
    return {"day": day.isoformat(), "done": done}
