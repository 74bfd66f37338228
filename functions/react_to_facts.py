"""Reads the table's stream: passes each new fact to the queues of its reactions, and notes what it has told."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.messaging import batches, metrics, queues, router
from chalicelib.reactions import REACTIONS
from chalicelib.table.facts import Fact

logs.configure()
log = batches.log


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A repeated or overlapping batch tells some facts twice, which every reaction stands."""
    told: dict[str, Fact] = {}
    failed = []
    for record in event.get("Records", ()):
        sequence = record["dynamodb"]["SequenceNumber"]
        try:
            told[sequence] = router.legible(record["dynamodb"]["NewImage"])
        except router.Illegible as error:
            if not _buried(record["dynamodb"], str(error)):
                failed.append(sequence)
    refused = router.tell(REACTIONS, list(told.values()))
    router.acknowledge(fact for fact in told.values() if fact.id not in refused)
    for fact in told.values():
        outcome = "refused" if fact.id in refused else "told"
        log.info(outcome, extra=logs.facts(fact=fact.id, name=fact.name, request_id=fact.request_id))
    return batches.report([*failed, *(sequence for sequence, fact in told.items() if fact.id in refused)])


def _buried(change: dict[str, Any], reason: str) -> bool:
    try:
        letter = queues.dead_letter("facts", json.dumps(change, default=str), reason)
    except (ClientError, BotoCoreError):
        log.exception("not buried", extra=logs.facts(reason=reason))
        return False
    metrics.count("DeadLetters")
    log.warning("buried", extra=logs.facts(reason=reason, letter=letter))
    return True
