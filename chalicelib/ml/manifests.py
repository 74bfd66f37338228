"""The manifest of a day of a dataset: what its file holds, what it was made of, and what was found in checking it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.settings import settings

_ABSENT = ("NoSuchKey", "404")


class Overtaken(RuntimeError):
    """Another compaction of the same day has finished first; whoever looks again finds nearly all in order."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`rows` were read from `objects` raw objects; `distinct` of them are in the file, `repeats` were not needed.

    `healed` had been lost and were taken from the table; `unmapped` and `withheld` changes are of people who are nobody
    any more or do not allow it. `items` are the lowest and highest version of each item in the file. One that is not
    `verified` waits for a day before it.
    """

    dataset: str
    day: str
    made_at: str
    file: str
    sha256: str
    etag: str
    objects: int
    sources: str
    rows: int
    distinct: int
    repeats: int
    healed: int
    facts: int
    unmapped: int
    withheld: int
    items: Mapping[str, tuple[int, int]]
    missing: Mapping[str, list[int]]
    double: Mapping[str, list[int]]
    version: int = 1
    verified: bool = True

    @property
    def complete(self) -> bool:
        return self.verified and not self.broken

    @property
    def broken(self) -> bool:
        return bool(self.missing or self.double)

    def text(self) -> bytes:
        return json.dumps({**asdict(self), "complete": self.complete}, indent=1, sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class Stored:
    manifest: Manifest
    etag: str


def sources(names: Iterable[str]) -> str:
    """A hash of the raw objects, which are named by what is in them."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def read(dataset: str, day: str) -> Stored | None:
    try:
        answer = aws.client("s3").get_object(Bucket=settings.ml_bucket, Key=_place(dataset, day))
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    document: dict[str, Any] = json.loads(answer["Body"].read())
    document.pop("complete")
    return Stored(Manifest(**document), answer["ETag"])


def write(fresh: Manifest, seen: Stored | None) -> Manifest:
    """Put it in the place of the one that was seen, if that is still there; one that says nothing new stays."""
    if seen and json.loads(_comparable(fresh)) == json.loads(_comparable(seen.manifest)):
        return seen.manifest
    made = replace(fresh, version=seen.manifest.version + 1 if seen else 1)
    unless = {"IfMatch": seen.etag} if seen else {"IfNoneMatch": "*"}
    try:
        aws.client("s3").put_object(
            Bucket=settings.ml_bucket,
            Key=_place(made.dataset, made.day),
            Body=made.text(),
            ContentType="application/json",
            **unless,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise Overtaken(f"{made.dataset} {made.day}") from error
        raise
    return made


def _comparable(manifest: Manifest) -> bytes:
    return replace(manifest, version=0, made_at="").text()


def _place(dataset: str, day: str) -> str:
    return f"manifests/{dataset}/{day}.json"
