"""Tells again every fact that no reader has acknowledged."""

import time
from typing import Any

from chalicelib import logs
from chalicelib.messaging import batches, jobs, sweeper
from chalicelib.messaging.sweeper import Overtaken
from chalicelib.reactions import REACTIONS
from chalicelib.table.acts import by_system

logs.configure()
#: Left for the last minute's work when the time is nearly up.
MARGIN_SECONDS = 20.0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    started = time.monotonic()
    act = by_system(context.aws_request_id, seconds=context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)
    try:
        retold = sweeper.sweep(REACTIONS, jobs.moment(event), act)
    except Overtaken:
        retold = 0
    duration = round((time.monotonic() - started) * 1000, 1)
    batches.log.info("swept", extra=logs.facts(retold=retold, duration_ms=duration, request_id=act.request_id))
    return {"retold": retold}
