"""Quotas. Exact ones cost one conditional write; the global ones are leased, a batch of permits at a time.

A lease is one-sided: never more requests are admitted than the limit says, though some may be refused early while
permits lie unused in other instances. A limiter that does not answer lets reads pass and stops sign-ins.
"""

import ipaddress
import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws, clock, logs
from chalicelib.errors import TooMany, Unavailable
from chalicelib.settings import SCOPES, Quota, settings
from chalicelib.table import keys
from chalicelib.table.reads import raw_key
from chalicelib.table.writes import pauses
from chalicelib.web.windows import Window, window

log = logging.getLogger("app.limits")

LEASE_PART = 16
SINGLE_BELOW = 0.2
GRACE_SECONDS = 3600
_MEMORY = 4096
#: How long a busy table is asked again.
BUSY_SECONDS = 0.2
_BUSY = aws.BUSY | {"TransactionConflictException"}


class LimitReached(TooMany):
    """You have used up what this window allows; wait as long as Retry-After says."""

    usage: "Usage | None" = None


class LimiterUnavailable(Unavailable):
    """Attempts cannot be counted at the moment, so none is allowed; try again shortly."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the rate-limit headers tell."""

    scope: str
    quota: Quota
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{self.scope}";q={self.quota.limit};w={self.quota.seconds}',
            "RateLimit": f'"{self.scope}";r={self.remaining};t={self.reset}',
            "X-RateLimit-Limit": str(self.quota.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


def network(address: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def take(scope: str, subject: str, now: datetime, *, closed: bool = True) -> Usage | None:
    """Count one use exactly. Where the limiter does not answer: refused if `closed`, else let pass uncounted."""
    quota = settings.quotas[scope]
    span = window(quota, now)
    counted = _add(scope, subject, span, quota, 1, closed=closed)
    return None if counted is None else Usage(scope, quota, quota.limit - counted, span.left)


def count(scope: str, subject: str, span: Window, *, counter: str, patience: float) -> int | None:
    """Count one use of a counter that several scopes share; how many there are now.

    A limiter that does not answer lets pass uncounted. One that is busy is asked for so long, and then refuses.
    """
    return _add(scope, subject, span, settings.quotas[scope], 1, closed=False, counter=counter, patience=patience)


@dataclass(slots=True)
class _Lease:
    window: str
    permits: int = 0
    counted: int = 0


_leases: dict[tuple[str, str], _Lease] = {}
#: Lambda answers one request at a time; the local server has threads.
_leasing = threading.Lock()


def lease(scope: str, subject: str, now: datetime) -> Usage | None:
    """Count one use out of a batch of permits that this instance holds; a trip only when the batch is used up."""
    quota = settings.quotas[scope]
    span = window(quota, now)
    with _leasing:
        return _leased(scope, subject, span, quota)


def _leased(scope: str, subject: str, span: Window, quota: Quota) -> Usage | None:
    held = _leases.get((scope, subject))
    if held is None or held.window != span.name:
        if len(_leases) >= _MEMORY:
            _leases.clear()
        held = _leases[scope, subject] = _Lease(span.name)
    if held.permits == 0 and not _refill(held, scope, subject, span, quota):
        return None
    held.permits -= 1
    return Usage(scope, quota, max(0, quota.limit - held.counted) + held.permits, span.left)


def _refill(held: _Lease, scope: str, subject: str, span: Window, quota: Quota) -> bool:
    """One trip where this instance counted last; a second one where others have taken permits since."""
    batch = _batch(quota, held.counted)
    for size in dict.fromkeys((batch, 1)):
        try:
            counted = _add(scope, subject, span, quota, size, closed=False)
        except LimitReached:
            if size == 1:
                raise
        else:
            break
    if counted is None:
        return False
    held.permits, held.counted = size, counted
    return True


def _batch(quota: Quota, counted: int) -> int:
    """How many permits may be leased: a sixteenth of what remains, and single ones where little does."""
    remaining = quota.limit - counted
    return max(1, remaining // LEASE_PART) if remaining >= SINGLE_BELOW * quota.limit else 1


def reached(scope: str, detail: str, *, wait: int) -> LimitReached:
    """The refusal, with the numbers that its headers tell."""
    error = LimitReached(detail, retry_after=wait)
    error.usage = Usage(scope, settings.quotas[scope], 0, wait)
    return error


def used_up(scope: str, span: Window) -> LimitReached:
    quota = settings.quotas[scope]
    return reached(scope, f"The limit of {quota.limit} is reached: {SCOPES[scope].meaning}", wait=span.left)


def stricter(one: Usage, other: Usage | None) -> Usage:
    """Of two quotas the one that allows less in the long run: that is the one to tell of."""
    return min((one, other) if other else (one,), key=lambda each: each.quota.limit / each.quota.seconds)


def forget() -> None:
    """Drop the permits this instance holds (a test)."""
    _leases.clear()


def limiter() -> Any:
    return aws.client("dynamodb", attempts=1, read_seconds=settings.limiter_timeout)


def _add(
    scope: str,
    subject: str,
    span: Window,
    quota: Quota,
    amount: int,
    *,
    closed: bool,
    counter: str | None = None,
    patience: float = 0,
) -> int | None:
    request = counting(counter or scope, subject, span, quota, amount)
    for _ in pauses(time.monotonic() + (patience or BUSY_SECONDS)):
        try:
            answer = limiter().update_item(**request, ReturnValues="UPDATED_NEW")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise used_up(scope, span) from error
            if not is_busy(error):
                break
        except BotoCoreError:
            break
        else:
            return int(answer["Attributes"]["n"]["N"])
    else:
        closed = closed or patience > 0
    silent(scope, closed)
    return None


def is_busy(error: ClientError) -> bool:
    """Whether the table has refused at once, so that nothing was counted and another attempt counts no one twice."""
    return error.response["Error"]["Code"] in _BUSY


def silent(scope: str, closed: bool) -> None:
    log.warning("limiter does not answer", extra=logs.facts(scope=scope, closed=closed))
    if closed:
        raise LimiterUnavailable(retry_after=2)


def counting(scope: str, subject: str, span: Window, quota: Quota, amount: int) -> dict[str, Any]:
    condition = "attribute_not_exists(n) OR n <= :bound"
    return _counting(scope, subject, span, amount, condition, room(quota, amount))


def counting_from(seen: int, scope: str, subject: str, span: Window) -> dict[str, Any]:
    """One more, if there are still as many as were seen."""
    condition = "n = :bound" if seen else "attribute_not_exists(n) OR n = :bound"
    return _counting(scope, subject, span, 1, condition, seen)


def _counting(scope: str, subject: str, span: Window, amount: int, condition: str, bound: int) -> dict[str, Any]:
    return {
        "TableName": settings.table_name,
        "Key": raw_key(keys.limit(scope, subject, span.name)),
        "UpdateExpression": "ADD n :amount SET #kind = :kind, #ttl = if_not_exists(#ttl, :ttl)",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#kind": "kind", "#ttl": "ttl"},
        "ExpressionAttributeValues": {
            ":amount": {"N": str(amount)},
            ":bound": {"N": str(bound)},
            ":kind": {"S": "limit"},
            ":ttl": {"N": str(expiry(span))},
        },
    }


def room(quota: Quota, amount: int) -> int:
    """Up to which count so many may be added: one while there is one left, a batch only while it is a sixteenth."""
    if amount == 1:
        return quota.limit - 1
    return min(quota.limit - LEASE_PART * amount, int((1 - SINGLE_BELOW) * quota.limit))


def expiry(span: Window) -> int:
    return int(clock.now().timestamp()) + span.left + GRACE_SECONDS
