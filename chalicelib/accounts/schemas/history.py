"""The event feed and the audit log."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib.web.reading import In, Line, Out


class EventsQuery(In):
    since: Annotated[int, Field(ge=0, le=10**12, description="The number of the last event you have seen.")] = 0
    page_size: Annotated[int, Field(ge=1, description="At most 100; more is read as 100.")] = 20

    @property
    def size(self) -> int:
        return min(self.page_size, 100)


class EventOut(Out):
    sequence: int
    id: str
    name: str
    subject: str
    at: datetime
    data: dict[str, Any]

    @classmethod
    def of(cls, result: Any) -> "EventOut":
        return cls(
            sequence=int(result.sequence),
            id=result.fact_id,
            name=result.name,
            subject=result.subject,
            at=result.at,
            data=result.payload,
        )


class AuditQuery(In):
    """Filters combine. Without actor or subject, one day is read: `day`, or today."""

    actor: Annotated[Line, Field(max_length=80)] | None = None
    subject: Annotated[Line, Field(max_length=80)] | None = None
    action: Annotated[Line, Field(max_length=80, description="For example user.logged_in, or its beginning.")] = ""
    day: date | None = None
    page_size: Annotated[int, Field(ge=1, description="At most 100; more is read as 100.")] = 20
    cursor: Annotated[str, Field(max_length=2048)] | None = None

    @property
    def size(self) -> int:
        return min(self.page_size, 100)


class AuditEntryOut(Out):
    id: str
    action: str
    actor: str
    subject: str
    occurred_at: datetime
    request_id: str
    data: dict[str, Any]
    detail: dict[str, Any] | None = None
    day: date
    shard: str
    sequence: int
    hash: str
    previous_hash: str


class ShardOut(Out):
    shard: str
    entries: int
    is_whole: bool
    broken_at: int | None
    reason: str | None
    head: str
    anchored: bool


class VerificationOut(Out):
    day: date
    is_whole: bool
    shards: list[ShardOut]


class VerifyQuery(In):
    day: date
