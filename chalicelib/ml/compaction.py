"""A day of the raw zone as one file per dataset: each change once, in the order of its item's versions.

The same changes make the same bytes, however often and in whatever groups they were exported. Whatever the raw zone
lacks is taken from the table first. `days` calls it.
"""

import hashlib
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws, clock, logs
from chalicelib.messaging import metrics
from chalicelib.ml import manifests, raw, reconciliation, truth
from chalicelib.ml.datasets import DATASETS, RAW
from chalicelib.ml.manifests import Manifest, Overtaken, Stored
from chalicelib.ml.raw import Exported, Line
from chalicelib.ml.reconciliation import Verdict, Versions
from chalicelib.ml.truth import Alive, Truth
from chalicelib.settings import settings
from chalicelib.table.record import moment_text

#: How often a day is begun again where another compaction of it is faster.
ATTEMPTS = 3

log = logging.getLogger("app.ml")


class NotTaken(RuntimeError):
    """S3 did not take what the raw zone lacks; the next run tries again."""


@dataclass(slots=True)
class Zone:
    """What the raw zone has of a day: each change once, and which of them came through the stream."""

    objects: list[str]
    rows: int = 0
    distinct: dict[str, Line] = field(default_factory=dict)
    streamed: set[str] = field(default_factory=set)

    def add(self, line: Line) -> None:
        self.rows += 1
        event = line["event"]
        if line["sequence"]:
            self.streamed.add(event)
        plain = {name: value for name, value in line.items() if name not in RAW}
        known = self.distinct.setdefault(event, plain)
        if plain != known:
            # The columns have grown between two exports of one change: the longer row is kept, whichever came first.
            self.distinct[event] = max(known, plain, key=lambda each: (len(each), raw.as_lines([each])))


def etag(key: str) -> str | None:
    """The tag of an object in the bucket; none where there is none."""
    try:
        return str(aws.client("s3").head_object(Bucket=settings.ml_bucket, Key=key)["ETag"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise


def compact(day: str, alive: Alive = lambda: None, *, judged: bool = True) -> list[Manifest]:
    """Make the day's files anew. Repeating it changes nothing where nothing has changed.

    Where another compaction of the day was faster, it looks again, which then finds nearly all in order. A day that is
    not `judged` gets its files, and its verdict another time.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(Overtaken):
            return _once(day, alive, judged)
    return _once(day, alive, judged)


def _once(day: str, alive: Alive, judged: bool) -> list[Manifest]:
    told = truth.of(day, alive)
    return [_compact(dataset, day, told, alive, judged) for dataset in DATASETS]


def _compact(dataset: str, day: str, told: Truth, alive: Alive, judged: bool) -> Manifest:
    seen = manifests.read(dataset, day)
    zone = _healed(dataset, day, told, alive)
    found = _versions(zone.distinct.values())
    before = seen.manifest.missing if seen else {}
    verdict = _verdict(dataset, day, found, told, before, alive) if judged else Verdict(dict(before), {})
    text = raw.as_lines(sorted(zone.distinct.values(), key=_order))
    made = manifests.write(
        Manifest(
            dataset=dataset,
            day=day,
            made_at=moment_text(clock.now()),
            file=(file := f"compacted/{dataset}/date={day}/rows.jsonl.gz"),
            sha256=(sha256 := hashlib.sha256(text).hexdigest()),
            etag=_store(file, text, sha256, seen),
            objects=len(zone.objects),
            sources=manifests.sources(zone.objects),
            rows=zone.rows,
            distinct=len(zone.distinct),
            repeats=zone.rows - len(zone.distinct),
            healed=len(zone.distinct.keys() - zone.streamed),
            facts=len(told.rows[dataset]),
            unmapped=told.left_out[dataset, "unmapped"],
            withheld=told.left_out[dataset, "withheld"],
            items={item: (min(versions), max(versions)) for item, versions in sorted(found.items())},
            missing=verdict.missing,
            double=verdict.double,
            verified=judged,
        ),
        seen,
    )
    _tell(made, verdict.gaps)
    return made


def _verdict(
    dataset: str, day: str, found: dict[str, list[int]], told: Truth, before: Versions, alive: Alive
) -> Verdict:
    """The heads move before the manifest is written, so that a day with a manifest is never left half done."""
    present = reconciliation.present(dataset, day, told, alive)
    verdict = reconciliation.judge(dataset, day, found, told, present, before)
    reconciliation.advance(dataset, day, found, told, alive)
    return verdict


def _tell(made: Manifest, gaps: int) -> None:
    metrics.count("ExportGaps", gaps)
    words = {name: getattr(made, name) for name in ("dataset", "day", "version", "rows", "distinct", "healed", "facts")}
    (log.error if gaps else log.info)("compacted", extra=logs.facts(**words, gaps=gaps, unmapped=made.unmapped))


def _healed(dataset: str, day: str, told: Truth, alive: Alive) -> Zone:
    """What the raw zone has of the day, after it was given what it lacked."""
    zone = _zone(dataset, day, alive)
    lost = [Exported(row) for event, row in told.rows[dataset].items() if event not in zone.distinct]
    if not lost:
        return zone
    if refused := raw.write(lost, clock.now()):
        raise NotTaken(f"{len(refused)} rows")
    metrics.count("ExportsHealed", len(lost))
    return _zone(dataset, day, alive)


def _zone(dataset: str, day: str, alive: Alive) -> Zone:
    zone = Zone(raw.objects(dataset, day))
    for number, lines in enumerate(raw.read(zone.objects)):
        for line in lines:
            zone.add(line)
        if number % 200 == 0:
            alive()
    return zone


def _versions(lines: Iterable[Line]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for line in lines:
        if line["ver"] is not None:
            found.setdefault(line["item"], []).append(line["ver"])
    return found


def _order(line: Line) -> Any:
    return line["item"], line["ver"] is None, line["ver"] or 0, line["occurred"], line["event"]


def _store(file: str, text: bytes, sha256: str, seen: Stored | None) -> str:
    """Put the file in its place, unless it is there; returns its tag."""
    there = etag(file) if seen and seen.manifest.sha256 == sha256 else None
    if seen and there == seen.manifest.etag:
        return there
    answer = aws.client("s3").put_object(
        Bucket=settings.ml_bucket, Key=file, Body=raw.packed(text), ContentType="application/gzip"
    )
    return str(answer["ETag"])
