"""Exports as tests want them: a stream event of facts, and what lies in the bucket of the ML side."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib import aws
from chalicelib.accounts.pseudonyms import Pseudonym
from chalicelib.ml import manifests, raw
from chalicelib.ml.manifests import Manifest
from chalicelib.settings import settings
from chalicelib.table import facts, keys, reads
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record

#: Early in a day, so that only a few minutes of it have to be read.
DAWN = datetime(2027, 3, 2, 0, 2, tzinfo=UTC)
DAY = "2027-03-02"
ACTIVITY = "account_activity"


def stream(*told: Fact | Record | dict[str, Any], first: int = 100) -> dict[str, Any]:
    """An event of the table's stream with an insert for each."""

    def image(each: Fact | Record | dict[str, Any]) -> dict[str, Any]:
        record = facts.record(each) if isinstance(each, Fact) else each
        return record.serialize() if isinstance(record, Record) else record

    changes = [{"SequenceNumber": str(first + place), "NewImage": image(each)} for place, each in enumerate(told)]
    return {"Records": [{"eventName": "INSERT", "dynamodb": change} for change in changes]}


def pseudonym(user_id: str) -> str:
    found = reads.one(Pseudonym, keys.pseudonym(user_id))
    return found.pseudonym if found else ""


def raw_rows(day: str = DAY, dataset: str = ACTIVITY) -> list[dict[str, Any]]:
    return [line for lines in raw.read(raw.objects(dataset, day)) for line in lines]


@dataclass(frozen=True)
class Compacted:
    """A day of a dataset as the ML side reads it."""

    manifest: Manifest
    rows: Sequence[dict[str, Any]]

    def versions(self, pseudonym: str) -> list[int]:
        return [row["ver"] for row in self.rows if row["pseudonym"] == pseudonym and row["ver"]]


def compacted(day: str = DAY, dataset: str = ACTIVITY) -> Compacted:
    stored = manifests.read(dataset, day)
    assert stored is not None
    text = gzip.decompress(body(stored.manifest.file))
    assert hashlib.sha256(text).hexdigest() == stored.manifest.sha256
    return Compacted(stored.manifest, [json.loads(line) for line in text.splitlines()])


def body(key: str) -> bytes:
    content: bytes = aws.client("s3").get_object(Bucket=settings.ml_bucket, Key=key)["Body"].read()
    return content


def whole_bucket() -> str:
    """Names and contents of all objects, in all their versions."""
    s3 = aws.client("s3")
    found = []
    for each in s3.list_object_versions(Bucket=settings.ml_bucket).get("Versions", ()):
        content = s3.get_object(Bucket=settings.ml_bucket, Key=each["Key"], VersionId=each["VersionId"])["Body"].read()
        found.append(
            each["Key"] + "\n" + (gzip.decompress(content) if each["Key"].endswith(".gz") else content).decode()
        )
    return "\n".join(found)
