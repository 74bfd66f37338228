"""Counting facts: a number about many writers is folded from facts by a worker, each fact exactly once.

A batch goes into its counter in one transaction with a once-key for each of its facts, so repeats, kills and lost
acknowledgements change nothing. Additions commute, so the order of facts does not matter either.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from chalicelib import clock
from chalicelib.errors import ProductError
from chalicelib.settings import settings
from chalicelib.table import keys, reads, writes
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

#: One counter and its once-keys in one transaction of at most a hundred actions.
MOST = 99
PATIENCE = 20.0
Count = TypeVar("Count", bound=Record)


class Counted(Record, discriminator="counted"):
    """That a fact is in a counter; it lives longer than any repeat of the fact."""


class Overtaken(ProductError):
    """Another worker has counted in this counter meanwhile."""


def fold(counter: str, empty: Count, told: Sequence[Fact], add: Callable[[Count, Fact], None]) -> int:
    """Count facts that are not counted yet; returns how many those were.

    `counter` names the once-keys: what is told of one fact goes into one item of that name. `empty` is the item as it
    is before anything was counted, with a number attribute `folded`, which guards it.
    """
    distinct = list({fact.id: fact for fact in told}.values())
    return sum(_fold(counter, empty, distinct[start : start + MOST], add) for start in range(0, len(distinct), MOST))


def _fold(counter: str, empty: Count, told: Sequence[Fact], add: Callable[[Count, Fact], None]) -> int:
    deadline = time.monotonic() + PATIENCE
    once = {fact.id: keys.counted(counter, fact.id) for fact in told}
    for _ in writes.pauses(deadline):
        found = reads.many([empty.key, *once.values()])
        fresh = [fact for fact in told if once[fact.id] not in found]
        if not fresh:
            return 0
        before = found.get(empty.key)
        try:
            writes.commit(_pieces(empty, before, once, fresh, add), deadline, token=clock.new_id("cnt"))
        except Overtaken:
            continue
        return len(fresh)
    raise reads.StoreUnavailable(retry_after=1)


def _pieces(
    empty: Count,
    before: Record | None,
    once: dict[str, Key],
    fresh: Sequence[Fact],
    add: Callable[[Count, Fact], None],
) -> list[writes.Write]:
    seen: Any = before
    after: Any = type(empty).from_raw_data((before or empty).serialize())
    for fact in fresh:
        add(after, fact)
    after.folded = int(after.folded) + len(fresh)
    after.updated_at = clock.now()
    folded: Any = type(empty).get_attributes()["folded"]
    unmoved = writes.put_new(after) if seen is None else writes.put(after, where=folded == int(seen.folded))
    pieces = [unmoved, *(writes.put_new(_once(once[fact.id])) for fact in fresh)]
    return [writes.Write(each.operation, each.record, each.where, otherwise=Overtaken()) for each in pieces]


def _once(key: Key) -> Counted:
    once: Counted = Counted.under(key, ttl=timedelta(days=2 * settings.fact_days))
    return once
