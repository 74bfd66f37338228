"""Sign-in attempts: counted before the password is looked at, in three scopes at once, and given back by a success.

Per address, per account and address, per account. After as many attempts as an account's quota there is no lock-out,
which anybody could cause, but a delay that grows with each further attempt.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.reads import raw_key
from chalicelib.table.writes import PASSING, pauses
from chalicelib.web import limits
from chalicelib.web.limits import LimiterUnavailable
from chalicelib.web.windows import Window, window

DELAY_STEP = 15
PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in attempt that was counted before the password was looked at, and what gives it back."""

    counters: Sequence[tuple[str, str, Window]]

    def refunds(self) -> list[dict[str, Any]]:
        """Raw transaction items: a success costs the address and the pair nothing and clears the account's delay."""
        *windows, account = self.counters
        return [_given_back(scope, subject, span) for scope, subject, span in windows] + [_cleared(*account)]


def count(account: str, address: str, now: datetime) -> Attempt:
    """Count one sign-in attempt in all three scopes, or none: per address, per account and address, per account."""
    place = limits.network(address)
    counters = [
        ("login_address", place, window(settings.quotas["login_address"], now)),
        ("login_pair", f"{account}@{place}", window(settings.quotas["login_pair"], now)),
        ("login_account", account, window(settings.quotas["login_account"], now)),
    ]
    items = [limits.counting(*each, settings.quotas[each[0]], 1) for each in counters[:2]]
    items.append(_delaying(account, counters[2][2], now))
    _commit(items, counters, now)
    return Attempt(counters)


def _commit(items: list[dict[str, Any]], counters: list[tuple[str, str, Window]], now: datetime) -> None:
    updates = [{"Update": {**item, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}} for item in items]
    for _ in pauses(time.monotonic() + PATIENCE_SECONDS):
        try:
            limits.limiter().transact_write_items(TransactItems=updates)
        except ClientError as error:
            _judge(error, counters, now)
        except BotoCoreError:
            limits.silent("login", closed=True)
        else:
            return
    raise LimiterUnavailable(retry_after=1)


def _judge(error: ClientError, counters: list[tuple[str, str, Window]], now: datetime) -> None:
    reasons = error.response.get("CancellationReasons", [])
    for reason, (scope, _, span) in zip(reasons, counters, strict=False):
        if reason.get("Code") == "ConditionalCheckFailed":
            wait = span.left
            if scope == "login_account" and "next_at" in reason.get("Item", {}):
                wait = max(1, int(reason["Item"]["next_at"]["N"]) - int(now.timestamp()))
            raise limits.reached(scope, "Too many sign-in attempts.", wait=wait) from error
    if not limits.is_busy(error) and not any(reason.get("Code") in PASSING for reason in reasons):
        limits.silent("login", closed=True)


def _delaying(account: str, span: Window, now: datetime) -> dict[str, Any]:
    """After as many attempts as the quota, each further one must wait 15 s longer than the one before.

    `gap` starts that far below zero and grows with every attempt, so one condition serves both phases.
    """
    second = int(now.timestamp())
    return {
        "TableName": settings.table_name,
        "Key": raw_key(keys.limit("login_account", account, span.name)),
        "UpdateExpression": (
            "SET next_at = if_not_exists(gap, :start) + :now, gap = if_not_exists(gap, :start) + :step,"
            " #kind = :kind, #ttl = if_not_exists(#ttl, :ttl)"
        ),
        "ConditionExpression": "attribute_not_exists(next_at) OR next_at <= :now",
        "ExpressionAttributeNames": {"#kind": "kind", "#ttl": "ttl"},
        "ExpressionAttributeValues": {
            ":start": {"N": str(-DELAY_STEP * (settings.quotas["login_account"].limit - 1))},
            ":step": {"N": str(DELAY_STEP)},
            ":now": {"N": str(second)},
            ":kind": {"S": "limit"},
            ":ttl": {"N": str(limits.expiry(span))},
        },
    }


def _given_back(scope: str, subject: str, span: Window) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": settings.table_name,
            "Key": raw_key(keys.limit(scope, subject, span.name)),
            "UpdateExpression": "ADD n :minus",
            "ConditionExpression": "n > :zero",
            "ExpressionAttributeValues": {":minus": {"N": "-1"}, ":zero": {"N": "0"}},
        }
    }


def _cleared(scope: str, subject: str, span: Window) -> dict[str, Any]:
    return {
        "Delete": {
            "TableName": settings.table_name,
            "Key": raw_key(keys.limit(scope, subject, span.name)),
        }
    }
