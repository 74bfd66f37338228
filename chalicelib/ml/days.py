"""Which days are compacted, oldest first and each for itself, and what one that fails means for the others.

`schedules/compact_exports` and the command `infra/export_day.py` call it.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from chalicelib import aws, logs
from chalicelib.messaging import metrics
from chalicelib.messaging.jobs import Held
from chalicelib.ml import compaction, manifests, raw
from chalicelib.ml.datasets import DATASETS
from chalicelib.ml.manifests import Manifest
from chalicelib.ml.truth import Alive
from chalicelib.settings import settings

#: How many days back a day is looked at again, for rows that came late and for nights that failed.
LOOK_BACK = 7

log = logging.getLogger("app.ml")


class Incomplete(RuntimeError):
    """Versions of an item are missing or there twice, and the table cannot help."""


class Unfinished(RuntimeError):
    """Days could not be compacted; the next run tries them again."""


@dataclass(slots=True)
class Done:
    """What a run has made, and the errors of the days that it could not make."""

    made: list[Manifest] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)

    def require(self) -> None:
        """Fail loudly where a day failed, or anything is missing or double; one error names them all."""
        broken = [f"{each.dataset} {each.day}" for each in self.made if each.broken]
        if self.failed:
            failed = [f"{day} {type(error).__name__}: {error}" for day, error in self.failed.items()]
            raise Unfinished("; ".join([*failed, *broken])) from next(iter(self.failed.values()))
        if broken:
            raise Incomplete(", ".join(broken))


def compact(days: Iterable[str], alive: Alive = lambda: None) -> Done:
    """Each for itself. After one that failed, the others get their files, but wait with their verdict for it.

    A verdict begins where the day before ended: without that day it would miss that day's versions, and an item's head
    that has moved on could never go back for them.
    """
    done = Done()
    for day in days:
        try:
            done.made += compaction.compact(day, alive, judged=not done.failed)
        except Held:
            raise  # Another run is at it.
        except Exception as error:  # noqa: BLE001  # one day must not take the others with it
            _note(day, error)
            done.failed[day] = error
    return done


def _note(day: str, error: Exception) -> None:
    metrics.count("ExportDaysFailed")
    log.error("day failed", exc_info=error, extra=logs.facts(day=day))


def pending(as_of: datetime) -> list[str]:
    """The day before, and those of the week before it that are not in order; oldest first."""
    yesterday = as_of.astimezone(UTC).date() - timedelta(days=1)
    begun = _first_day()
    earlier = (yesterday - timedelta(days=back) for back in range(LOOK_BACK, 0, -1))
    again = [str(day) for day in earlier if begun and str(day) >= begun and not settled(str(day))]
    return [*again, str(yesterday)]


def unsettled_before(day: date) -> list[str]:
    """The days that must be in order before a verdict on this one can be right, and are not."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return [each for each in pending(midnight) if not settled(each)]


def _first_day() -> str | None:
    """The first day of which there is anything."""
    names = chain.from_iterable(_days(f"{zone}/{dataset}/") for zone in ("raw", "compacted") for dataset in DATASETS)
    return min(names, default=None)


def _days(prefix: str) -> Iterator[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=settings.ml_bucket, Prefix=prefix, Delimiter="/"):
        for each in page.get("CommonPrefixes", ()):
            yield each["Prefix"].removesuffix("/").rpartition("=")[2]


def settled(day: str) -> bool:
    """Whether a complete manifest of each dataset knows every raw object and its own file."""
    for dataset in DATASETS:
        stored = manifests.read(dataset, day)
        if stored is None or not stored.manifest.complete:
            return False
        known = stored.manifest.sources == manifests.sources(raw.objects(dataset, day))
        if not known or stored.manifest.etag != compaction.etag(stored.manifest.file):
            return False
    return True
