"""The bucket of uploads: signed forms and links, a look at the bytes, copies for everybody. Nobody else touches it.

Nothing is ever sent through the API: people send to the bucket and fetch from it with what is signed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.catalog.formats import HEAD_BYTES
from chalicelib.errors import Unavailable
from chalicelib.settings import settings

FORM_LIFE = timedelta(minutes=5)
#: A player asks for part after part of a film, so a link lives longer than one request needs.
LINK_LIFE = timedelta(hours=1)
PUBLIC_CACHING = "public, max-age=86400"
#: What S3 says of an object or a version that is not there, or never was.
_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "404", "InvalidArgument", "MethodNotAllowed", "InvalidRange"})


class MediaUnavailable(Unavailable):
    """Where films and pictures are kept, nobody answers at the moment; try again shortly."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is sent to the bucket: these fields, then the file in a field named `file`."""

    url: str
    fields: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What lies there: how large it is, its type as the sender said, and its first bytes."""

    size: int
    content_type: str
    etag: str
    head: bytes


def form(key: str, content_type: str, size: int, now: datetime) -> Form:
    """For exactly this key, type and size. S3 refuses every other field."""
    signed = aws.client("s3").generate_presigned_post(
        settings.media_bucket,
        key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
        ExpiresIn=int(FORM_LIFE.total_seconds()),
    )
    return Form(signed["url"], signed["fields"], now + FORM_LIFE)


def link(key: str, version: str, content_type: str, disposition: str, now: datetime) -> Link:
    """To one version for good, so that what was looked at is what is seen, whatever was sent after it."""
    asked = {
        "Bucket": settings.media_bucket,
        "Key": key,
        "VersionId": version,
        "ResponseContentType": content_type,
        "ResponseContentDisposition": disposition,
    }
    life = int(LINK_LIFE.total_seconds())
    url = aws.client("s3").generate_presigned_url("get_object", Params=asked, ExpiresIn=life)
    return Link(url, now + LINK_LIFE)


def public_address(key: str) -> str:
    return f"{settings.media_address}/{key}"


def look(key: str, version: str) -> Look | None:
    """The beginning of an upload; None where there is no such thing (any more)."""
    found = _call("get_object", Key=key, VersionId=version, Range=f"bytes=0-{HEAD_BYTES - 1}")
    if found is None:
        return None
    size = int(found["ContentRange"].rpartition("/")[2])
    return Look(size, found["ContentType"], found["ETag"].strip('"'), found["Body"].read())


def publish(key: str, version: str, content_type: str, to: str) -> None:
    """A copy that the network before the bucket may show to everybody. Copying again makes the same."""
    _call(
        "copy_object",
        Key=to,
        CopySource={"Bucket": settings.media_bucket, "Key": key, "VersionId": version},
        MetadataDirective="REPLACE",
        ContentType=content_type,
        CacheControl=PUBLIC_CACHING,
    )


def discard(key: str, version: str) -> None:
    """What nobody may ever see, for good."""
    _call("delete_object", Key=key, VersionId=version)


def remove(key: str) -> None:
    """What its owner no longer wants; operators can bring it back for as long as the bucket keeps old versions."""
    _call("delete_object", Key=key)


def _call(operation: str, **arguments: Any) -> Any:
    """One call to S3. What passes by itself becomes `MediaUnavailable`, what is not there None."""
    try:
        return getattr(aws.client("s3"), operation)(Bucket=settings.media_bucket, **arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        if int(error.response["ResponseMetadata"].get("HTTPStatusCode", 0)) >= 500:
            raise MediaUnavailable(retry_after=1) from error
        raise
    except BotoCoreError as error:
        raise MediaUnavailable(retry_after=1) from error
