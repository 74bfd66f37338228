"""Verifies yesterday's audit chain and locks its heads away."""

from datetime import timedelta
from typing import Any

from chalicelib import logs
from chalicelib.accounts import audit, chain
from chalicelib.accounts.chain import ChainBroken
from chalicelib.messaging import batches, jobs, metrics
from chalicelib.messaging.jobs import Save
from chalicelib.table.acts import by_system

logs.configure()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A broken chain fails the run, which ends in the schedules' dead-letter queue and rings an alarm."""
    at = jobs.moment(event)
    day = audit.day_of(at - timedelta(days=1))

    def work(cursor: str, save: Save) -> None:
        try:
            found = chain.anchor(day, alive=lambda: save(cursor))
        except ChainBroken:
            metrics.count("AuditChainBroken")
            raise
        words = logs.facts(day=day, entries=found.entries, anchored=found.anchored)
        batches.log.info("verified", extra=words)

    done = jobs.run("anchor_audit", audit.day_of(at), work, by_system(context.aws_request_id))
    return {"day": day, "done": done}
