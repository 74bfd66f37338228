"""A clock strikes once: each occurrence of a job is done once, by one run at a time, and a killed run is resumed.

Schedules call `run` with the date they were meant for. A run that finds another at work raises, so that Lambda's own
retry looks again later; by then the other has finished, or its lease is over and the work goes on from its cursor.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib import clock, logs
from chalicelib.errors import ProductError
from chalicelib.table import keys, reads, writes
from chalicelib.table.acts import Act
from chalicelib.table.record import MomentAttribute, Record

#: Short enough that Lambda's second retry, three minutes after a kill, finds the lease over.
LEASE = timedelta(seconds=90)
KEPT = timedelta(days=90)

Save = Callable[[str], None]
log = logging.getLogger("app.jobs")


class Held(ProductError):
    """Another run is at this occurrence."""


class Job(Record, discriminator="job"):
    owner = UnicodeAttribute()
    lease_until = MomentAttribute()
    cursor = UnicodeAttribute(default="")
    done_at = MomentAttribute(null=True)


def run(name: str, occurrence: str, work: Callable[[str, Save], None], act: Act) -> bool:
    """Do the work of one occurrence unless it is done; returns whether this run did (the rest of) it.

    `work` gets the cursor where an earlier run stopped ("" at first) and a function that saves how far it is, which it
    must call at least once a minute: saving also renews the lease.
    """
    held = _claim(name, occurrence, owner=clock.new_id("run"))
    if held is None:
        log.info("done before", extra=logs.facts(job=name, occurrence=occurrence, request_id=act.request_id))
        return False
    try:
        work(held.cursor, lambda cursor: _keep(held, cursor=cursor))
    except Exception:
        # Whoever tries next need not wait. A kill does not come by here: then the lease runs out by itself.
        _keep(held, lease_until=clock.now())
        raise
    _keep(held, done_at=clock.now())
    log.info("done", extra=logs.facts(job=name, occurrence=occurrence, request_id=act.request_id))
    return True


def _claim(name: str, occurrence: str, owner: str) -> Job | None:
    """The job item with our lease on it; none where the occurrence is done."""
    key, now = keys.job(name, occurrence), clock.now()
    found = reads.one(Job, key)
    if found is not None and found.done_at:
        return None
    if found is not None and found.lease_until > now:
        raise Held(f"{name} {occurrence}")
    cursor = "" if found is None else found.cursor
    fresh: Job = Job.under(key, owner=owner, lease_until=now + LEASE, cursor=cursor, ttl=KEPT)
    unclaimed = Job.pk.does_not_exist() if found is None else Job.owner == found.owner
    # Our own claim, whose acknowledgement was lost, is ours.
    writes.alone(writes.put(fresh, where=unclaimed | (Job.owner == owner), otherwise=Held(f"{name} {occurrence}")))
    return fresh


def _keep(held: Job, **values: Any) -> None:
    held.lease_until = clock.now() + LEASE
    for attribute, value in values.items():
        setattr(held, attribute, value)
    writes.alone(writes.put(held, where=Job.owner == held.owner, otherwise=Held("the lease was lost")))


def moment(event: Mapping[str, Any]) -> datetime:
    """When a schedule was meant to fire, which decides its occurrence however late it runs."""
    meant = datetime.fromisoformat(event.get("as_of") or event["scheduled_at"])
    return (meant if meant.tzinfo else meant.replace(tzinfo=UTC)).astimezone(UTC)
