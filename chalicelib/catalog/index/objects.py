"""The catalogue's objects in S3: never changed once written, and named by what is in them, so that damage is seen."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws, clock
from chalicelib.catalog.index.files import Damaged
from chalicelib.settings import settings
from chalicelib.table.reads import StoreUnavailable

BASES, DELTAS = "base", "delta"
#: A base of a large catalogue takes a while on its way.
READ_SECONDS = 20.0
CHUNK = 1 << 20
_MISSING = frozenset({"NoSuchKey", "404"})


def put(folder: str, content: bytes) -> str:
    key = _key(folder, hashlib.sha256(content))
    _client().put_object(Bucket=settings.catalog_bucket, Key=key, Body=content)
    return key


def put_file(folder: str, path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    key = _key(folder, digest)
    with path.open("rb") as file:
        _client().put_object(Bucket=settings.catalog_bucket, Key=key, Body=file)
    return key


def get(key: str) -> bytes:
    """Refused (`Damaged`) where it is missing, or not what its name says."""
    return b"".join(_read(key))


@contextmanager
def fetched(key: str) -> Iterator[Path]:
    """A copy of an object in a file, which is gone from the folder afterwards; what has it open keeps it."""
    with scratch() as path:
        with path.open("wb") as file:
            file.writelines(_read(key))
        yield path


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="catalogue-") as folder:
        yield Path(folder, "catalogue.db")


def _read(key: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    try:
        body = _client().get_object(Bucket=settings.catalog_bucket, Key=key)["Body"]
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
            yield chunk
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise Damaged(f"missing: {key}") from error
        raise StoreUnavailable(retry_after=1) from error
    except BotoCoreError as error:
        raise StoreUnavailable(retry_after=1) from error
    if not key.endswith(f"-{_named(digest)}"):
        raise Damaged(key)


def _key(folder: str, digest: "hashlib._Hash") -> str:
    """Two publications are two objects, even where they say the same."""
    return f"{folder}/{clock.new_id('cat')}-{_named(digest)}"


def _named(digest: "hashlib._Hash") -> str:
    return digest.hexdigest()[:40]


def _client() -> Any:
    return aws.client("s3", read_seconds=READ_SECONDS)
