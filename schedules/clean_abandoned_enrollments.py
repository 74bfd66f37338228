"""Every morning: reminds learners who enrolled and never began, and ends enrollments that were reminded in vain."""

from typing import Any

from chalicelib import logs
from chalicelib.learning import idle
from chalicelib.messaging import batches, jobs
from chalicelib.messaging.jobs import Save
from chalicelib.table import acts

logs.configure()
NAME = "clean_abandoned_enrollments"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The cursor is the part of the list that is being walked over; whoever takes over begins that part again, where
    those who were dealt with stand no more.
    """
    meant = jobs.moment(event)
    day = meant.date().isoformat()

    def work(cursor: str, save: Save) -> None:
        act = acts.by_system(f"clean-abandoned-{day}", seconds=600.0)
        looked = idle.clean(act, meant, int(cursor or 0), lambda shard: save(str(shard)))
        batches.log.info("cleaned", extra=logs.facts(day=day, learners=looked))

    done = jobs.run(NAME, day, work, acts.by_system(context.aws_request_id))
    return {"day": day, "done": done}
