"""The audit log."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.accounts.audit_reading import Filters, Shown
from chalicelib.accounts.chain import Chain, Verification
from chalicelib.web.reading import CursorPaged, In, Line, Out


def _day(text: Any) -> Any:
    """Pydantic alone would take a number for the seconds since 1970, and days that have none before or after them."""
    if isinstance(text, str) and not re.fullmatch(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("must be a day like 2026-01-31")
    return text


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]
Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]


class AuditQuery(CursorPaged):
    """Filters combine. Without actor or subject, one day is read: `day`, or today."""

    actor: Id | None = None
    subject: Id | None = None
    action: Annotated[Line, Field(max_length=80, description="For example user.logged_in, or its beginning.")] = ""
    day: Day | None = None

    def filters(self) -> Filters:
        return Filters(self.actor, self.subject, self.action, self.day)


class AuditEntryOut(Out):
    """One link of the chain. `detail` is shown for a single entry, and gone once the person is erased."""

    id: str
    action: str
    actor: str
    subject: str
    occurred_at: datetime
    request_id: str
    data: dict[str, Any]
    detail: dict[str, Any] | None
    day: str
    shard: str
    sequence: int
    hash: str
    previous_hash: str

    @classmethod
    def of(cls, result: Any) -> "AuditEntryOut":
        shown: Shown = result
        entry = shown.entry
        return cls(
            id=entry.fact_id,
            action=entry.name,
            actor=entry.actor,
            subject=entry.subject,
            occurred_at=entry.occurred_at,
            request_id=entry.request_id,
            data=entry.payload,
            detail=shown.detail,
            day=entry.day,
            shard=entry.shard,
            sequence=int(entry.sequence),
            hash=entry.hash,
            previous_hash=entry.previous,
        )


class VerifyQuery(In):
    day: Day


class ChainOut(Out):
    """One of the four parts of the chain, and the first thing that is wrong with it."""

    shard: str
    entries: int
    erased_details: int
    head: str | None
    broken_at: int | None
    broken_entry: str | None
    reason: str | None


class VerificationOut(Out):
    day: str
    is_whole: bool
    is_anchored: bool
    entries: int
    chains: list[ChainOut]

    @classmethod
    def of(cls, result: Any) -> "VerificationOut":
        found: Verification = result
        return cls(
            day=found.day,
            is_whole=not found.broken,
            is_anchored=found.anchored,
            entries=found.entries,
            chains=[_chain(chain) for chain in found.chains],
        )


def _chain(chain: Chain) -> ChainOut:
    broken = chain.broken
    return ChainOut(
        shard=chain.shard,
        entries=chain.entries,
        erased_details=chain.erased,
        head=chain.end.hash if chain.end else None,
        broken_at=broken.sequence if broken else None,
        broken_entry=(broken.fact_id or None) if broken else None,
        reason=broken.what if broken else None,
    )
