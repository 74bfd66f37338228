"""Reads the table's stream beside the router: writes what happened into the raw zone of the ML side."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock, logs
from chalicelib.errors import Unavailable
from chalicelib.messaging import batches, metrics, queues
from chalicelib.ml import raw, rows
from chalicelib.ml.raw import Exported
from chalicelib.ml.rows import LeftOut, Told

logs.configure()
log = batches.log
T = TypeVar("T")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A repeated or overlapping batch writes the same object again, or another with some of the same rows: harmless.

    It writes nothing to the table. What it cannot export, the nightly reconciliation finds there.
    """
    changes = {record["dynamodb"]["SequenceNumber"]: record["dynamodb"] for record in event.get("Records", ())}
    poison: dict[str, str] = {}
    left_out: LeftOut = Counter()
    told: dict[str, Told] = _each(changes, lambda change: rows.legible(change["NewImage"]), poison)
    try:
        people = rows.known(told.values())
    except Unavailable as error:
        log.warning("not exported", extra=logs.facts(records=len(changes), error=str(error)))
        return batches.report(changes)
    made = _each(told, lambda each: rows.of(each, people, left_out), poison)
    written = [Exported(row, sequence) for sequence, group in made.items() for row in group]
    refused = {each.sequence for each in raw.write(written, clock.now())}
    failed = _failed(changes, refused, poison)
    words = logs.facts(records=len(changes), rows=len(written), failed=len(failed), left_out=left_out.total())
    (log.warning if failed else log.info)("exported", extra=words)
    return batches.report(failed)


def _each(given: Mapping[str, Any], do: Callable[[Any], T], poison: dict[str, str]) -> dict[str, T]:
    """Do it to each alone; of what can never be exported, the reason is kept, and the others go on."""
    done: dict[str, T] = {}
    for sequence, each in given.items():
        try:
            done[sequence] = do(each)
        except Exception as error:  # noqa: BLE001  # the batch loop: one change must not take the others with it
            poison[sequence] = f"{type(error).__name__}: {error}"
    return done


def _failed(changes: Mapping[str, Any], refused: set[str | None], poison: Mapping[str, str]) -> list[str]:
    """What must come back. From the first of these on everything does, so only poison before it is buried now."""
    failed: list[str] = []
    for sequence, change in changes.items():
        if sequence in refused or (sequence in poison and not failed and not _buried(change, poison[sequence])):
            failed.append(sequence)
    return failed


def _buried(change: Mapping[str, Any], reason: str) -> bool:
    """A copy of the whole change is safe in the queue before the stream goes on without it."""
    try:
        letter = queues.dead_letter("exports", json.dumps(change, default=str), reason)
    except (ClientError, BotoCoreError):
        log.exception("not buried", extra=logs.facts(sequence=change["SequenceNumber"]))
        return False
    metrics.count("DeadLetters")
    # Not the whole reason: it may quote what could not be read.
    words = logs.facts(reason=reason.partition(":")[0], sequence=change["SequenceNumber"], letter=letter)
    log.warning("buried", extra=words)
    return True
