"""The bucket of artefacts, templates and releases: everything in it is named after its content and kept."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import Refused
from infra.deploy.account import Account

FOLDER = "learnflow"
MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound"})
PRIVATE = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


@dataclass(frozen=True)
class Bucket:
    """Only a bucket of our own account is read or written: names of buckets are the world's."""

    account: Account
    name: str

    def require(self, make: bool = False) -> None:
        """Stop where there is no such bucket of ours, or make it."""
        try:
            self._s3.head_bucket(**self._ours)
        except ClientError as error:
            if code(error) not in MISSING:
                raise Refused(f"The bucket {self.name} is not ours to use: {error}") from error
            if not make:
                raise Refused(f"There is no bucket {self.name}. NEW_BUCKET=1 makes it, private.") from error
            self._make()

    def upload(self, file: Path, digest: str) -> str:
        """The key of an artefact; what is there under its hash is there."""
        key = f"{FOLDER}/artefacts/{digest}{file.suffix}"
        if not self.holds(key):
            self._put(key, file.read_bytes(), "application/zip")
        return key

    def write(self, folder: str, text: str) -> str:
        """The key of a text, which is its hash."""
        key = f"{FOLDER}/{folder}/{hashlib.sha256(text.encode()).hexdigest()}.json"
        if not self.holds(key):
            self._put(key, text.encode(), "application/json")
        return key

    def note(self, key: str, document: Mapping[str, Any]) -> None:
        self._put(key, json.dumps(document, indent=1, sort_keys=True).encode(), "application/json")

    def read(self, key: str) -> Any:
        return json.loads(self._s3.get_object(Key=key, **self._ours)["Body"].read())

    def names(self, prefix: str) -> list[str]:
        """Every key below `prefix`, in order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Prefix=prefix, **self._ours)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def holds(self, key: str) -> bool:
        try:
            self._s3.head_object(Key=key, **self._ours)
        except ClientError as error:
            if code(error) in MISSING:
                return False
            raise
        return True

    def uri(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def url(self, key: str) -> str:
        return f"{self._s3.meta.endpoint_url}/{self.name}/{key}"

    def _put(self, key: str, body: bytes, kind: str) -> None:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        self._s3.put_object(Key=key, Body=body, ContentType=kind, ChecksumSHA256=digest, **self._ours)

    def _make(self) -> None:
        place = {} if self.account.region == "us-east-1" else {"LocationConstraint": self.account.region}
        options = {"CreateBucketConfiguration": place} if place else {}
        self._s3.create_bucket(Bucket=self.name, **options)
        self._s3.put_public_access_block(PublicAccessBlockConfiguration=PRIVATE, **self._ours)

    @property
    def _s3(self) -> Any:
        return self.account.client("s3")

    @property
    def _ours(self) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": self.account.number}


def code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
