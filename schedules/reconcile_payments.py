"""Every five minutes: asks Stripe about every order that something is still open of."""

from typing import Any

from chalicelib import logs
from chalicelib.commerce import reconciling
from chalicelib.messaging import batches, jobs
from chalicelib.messaging.jobs import Save
from chalicelib.table import acts

logs.configure()
NAME = "reconcile_payments"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The cursor is the part of the list that is being walked over; whoever takes over begins that part again, where
    those that were looked at are due no more.
    """
    meant = jobs.moment(event)
    occurrence = f"{meant:%Y-%m-%dT%H:%M}"

    def work(cursor: str, save: Save) -> None:
        outcomes = reconciling.walk(meant, int(cursor or 0), lambda shard: save(str(shard)))
        batches.log.info("reconciled", extra=logs.facts(minute=occurrence, **outcomes))

    done = jobs.run(NAME, occurrence, work, acts.by_system(context.aws_request_id))
    return {"minute": occurrence, "done": done}
