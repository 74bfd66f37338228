"""Writing: pieces that rules compose, and `together`, the one transaction that makes them true with their fact.

The conditions inside the transaction hold the invariants. A lost acknowledgement is no conflict: the fact has an
identity of its own, so a transaction that finds its own fact in the table has succeeded before.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.errors import Conflict, ProductError, Stale
from chalicelib.table import facts, reads
from chalicelib.table.acts import Act, Tally
from chalicelib.table.facts import Fact
from chalicelib.table.reads import StoreUnavailable
from chalicelib.table.record import Record

Result = TypeVar("Result")
LARGEST = 100
#: How long a single write waits for the transactions of others to let go of its item.
ALONE_SECONDS = 3.0
_CONDITION = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflictException"
#: Reasons of a cancelled transaction that another attempt may find gone.
PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class AlreadyThere(Conflict):
    """It exists already."""


class AnswerRecorded(ProductError):
    """Another request with the same idempotency key has finished first. Internal: the door replays its answer."""


@dataclass(frozen=True, slots=True)
class Write:
    """One action of a transaction, and what it means when its condition does not hold."""

    operation: Literal["ConditionCheck", "Delete", "Put", "Update"]
    record: Record
    where: Condition | None = None
    actions: tuple[Action, ...] = ()
    otherwise: ProductError | None = None


#: A write, or a transaction item as DynamoDB takes it (what the limiter gives back).
Piece = Write | Mapping[str, Any]


def put_new(record: Record, *, unless: Condition | None = None, otherwise: ProductError | None = None) -> Write:
    """A new item; `unless` names the state of an old one that may be replaced."""
    absent = Record.pk.does_not_exist()
    return Write("Put", record, absent if unless is None else absent | unless, otherwise=otherwise or AlreadyThere())


def put(record: Record, *, where: Condition | None = None, otherwise: ProductError | None = None) -> Write:
    return Write("Put", record, where, otherwise=otherwise)


def change(
    record: Record,
    *actions: Action,
    now: datetime,
    where: Condition | None = None,
    otherwise: ProductError | None = None,
) -> Write:
    """Change an item as it was read: nobody else has changed it since, and its version goes up by one."""
    seen = int(record.ver)
    unchanged = Record.ver == seen
    return Write(
        "Update",
        record,
        unchanged if where is None else unchanged & where,
        (*actions, Record.ver.set(seen + 1), Record.updated_at.set(now)),
        otherwise or Stale(),
    )


def adjust(record: Record, *actions: Action, where: Condition, otherwise: ProductError | None = None) -> Write:
    """Change an item without a version, guarded by a condition of its own."""
    return Write("Update", record, where, actions, otherwise)


def delete(record: Record, *, where: Condition | None = None, otherwise: ProductError | None = None) -> Write:
    return Write("Delete", record, where, otherwise=otherwise)


def check(record: Record, where: Condition, *, otherwise: ProductError) -> Write:
    return Write("ConditionCheck", record, where, otherwise=otherwise)


def telling(fact: Fact) -> Write:
    """One more fact of the same transaction: where one change is news in two ways."""
    return Write("Put", facts.record(fact), Record.pk.does_not_exist())


def together(
    act: Act,
    *pieces: Piece,
    fact: Fact,
    result: Result,
    detail: Mapping[str, Any] | None = None,
) -> Result:
    """All pieces and their fact, or none. Returns `result`, which is also what a repeat of the request is answered."""
    writes: list[Piece] = [telling(fact)]
    if detail:
        writes.append(Write("Put", facts.detail(fact.owner, fact, detail)))
    remembered = act.remember(result, fact.owner)
    if remembered is not None:
        writes.append(remembered)
    if act.tally is None:
        commit([*writes, *pieces], act.deadline, token=fact.id, own=0)
    else:
        _counted(act.tally, [*writes, *pieces], act.deadline, fact.id)
    return result


def _counted(tally: Tally, writes: list[Piece], deadline: float, token: str) -> None:
    """Others may have counted since this request read how many there were; then its rule reads again."""
    piece = tally.piece()
    commit(writes if piece is None else [*writes, piece], deadline, token=token, own=0)
    tally.counted()


def alone(write: Write) -> None:
    """One write without a fact: a heartbeat, a lease, a rotation. Its condition must survive a lost acknowledgement."""
    arguments = _item(write)[write.operation]
    for _ in pauses(time.monotonic() + ALONE_SECONDS):
        try:
            reads.call(f"{write.operation.lower()}_item", **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                raise write.otherwise or Stale() from error
            if code != _CONFLICT:
                raise
        else:
            return
    raise StoreUnavailable(retry_after=1)


def persistently(act: Act, attempt: Callable[[], Result]) -> Result:
    """Read and write again where somebody else was faster, until it succeeds, is refused, or time is up."""
    for _ in pauses(act.deadline):
        try:
            return attempt()
        except Stale:
            continue
    raise StoreUnavailable(retry_after=1)


def commit(writes: Iterable[Piece], deadline: float, *, token: str, own: int | None = None) -> None:
    """Run one transaction until it succeeds, a condition fails, or time is up.

    `own` is the index of a write whose failed condition can only mean that this very transaction succeeded before.
    """
    writes = list(writes)
    if len(writes) > LARGEST:
        raise ValueError(f"more than {LARGEST} actions: {len(writes)}")
    items = [_item(write) for write in writes]
    for _ in pauses(deadline):
        try:
            reads.call("transact_write_items", TransactItems=items, ClientRequestToken=token)
        except ClientError as error:
            codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
            if own is not None and codes and codes[own] == _CONDITION:
                return
            _judge(codes, writes, error)
        else:
            return
    raise StoreUnavailable(retry_after=1)


def _judge(codes: list[str | None], writes: list[Piece], error: ClientError) -> None:
    """Raise what the failed conditions mean; return where the transaction is worth another attempt."""
    meanings = [_meaning(write) for code, write in zip(codes, writes, strict=False) if code == _CONDITION]
    for meaning in sorted(meanings, key=lambda each: not isinstance(each, AnswerRecorded)):
        raise meaning from error
    passing = PASSING.intersection(code for code in codes if code)
    if not passing and error.response["Error"]["Code"] != _CONFLICT:
        raise error


def _meaning(write: Piece) -> ProductError:
    return (isinstance(write, Write) and write.otherwise) or Stale()


def pauses(deadline: float) -> Iterator[int]:
    """Attempts, with growing, jittered pauses between them, until the deadline (of `time.monotonic`)."""
    attempt = 0
    while True:
        yield attempt
        pause = random.uniform(0.005, 0.02 * 2 ** min(attempt, 5))  # noqa: S311 - jitter, not a secret
        if time.monotonic() + pause > deadline:
            return
        time.sleep(pause)
        attempt += 1


def _item(write: Piece) -> dict[str, Any]:
    if not isinstance(write, Write):
        return dict(write)
    arguments: dict[str, Any]
    if write.operation == "Put":
        arguments = write.record.get_save_kwargs_from_instance(condition=write.where)
    elif write.operation == "Update":
        arguments = write.record.get_update_kwargs_from_instance(list(write.actions), condition=write.where)
    else:
        arguments = write.record.get_delete_kwargs_from_instance(condition=write.where)
    return {write.operation: arguments}
