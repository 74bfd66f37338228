"""Reading: one item, several items, a range of an item collection. Used by records and by the door."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.errors import Unavailable
from chalicelib.settings import settings
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

BATCH = 100
R = TypeVar("R", bound=Record)
_PASSING = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
        "TransactionInProgressException",
    }
)


class StoreUnavailable(Unavailable):
    """The table does not answer at the moment; try again shortly."""


def call(operation: str, **arguments: Any) -> Any:
    """One call to DynamoDB; what passes by itself becomes `StoreUnavailable`."""
    try:
        return getattr(aws.client("dynamodb"), operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in _PASSING or _status(error) >= 500:
            raise StoreUnavailable(retry_after=1) from error
        raise
    except BotoCoreError as error:
        raise StoreUnavailable(retry_after=1) from error


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def raw_key(key: Key) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def one(kind: type[R], key: Key, *, consistent: bool = True) -> R | None:
    found = call("get_item", TableName=settings.table_name, Key=raw_key(key), ConsistentRead=consistent)
    item = found.get("Item")
    return None if item is None else kind.from_raw_data(item)


def many(keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, Record]:
    """Those of the items that exist, in one trip per hundred."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Record] = {}
    for start in range(0, len(wanted), BATCH):
        for item in _batch(wanted[start : start + BATCH], consistent):
            found[Key(item["pk"]["S"], item["sk"]["S"])] = Record.from_raw_data(item)
    return found


def versions(keys: Iterable[Key]) -> dict[Key, int]:
    """The versions of those of the items that have one; nothing else of them is asked for."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, int] = {}
    for start in range(0, len(wanted), BATCH):
        for item in _batch(wanted[start : start + BATCH], consistent=True, ProjectionExpression="pk, sk, ver"):
            if "ver" in item:
                found[Key(item["pk"]["S"], item["sk"]["S"])] = int(item["ver"]["N"])
    return found


def _batch(keys: list[Key], consistent: bool, **projection: str) -> Iterator[dict[str, Any]]:
    table = settings.table_name
    asked: Any = {table: {"Keys": [raw_key(key) for key in keys], "ConsistentRead": consistent, **projection}}
    for attempt in range(settings.aws_attempts + 2):
        answer = call("batch_get_item", RequestItems=asked)
        yield from answer["Responses"].get(table, [])
        asked = answer.get("UnprocessedKeys")
        if not asked:
            return
        time.sleep(0.02 * 2**attempt)
    raise StoreUnavailable(retry_after=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Part of an item collection, and the key after which it goes on."""

    records: list[Record]
    more_after: dict[str, Any] | None


def span(
    pk: str,
    *,
    prefix: str = "",
    after: str = "",
    between: tuple[str, str] | None = None,
    index: str = "",
    limit: int | None = None,
    newest_first: bool = False,
    start: dict[str, Any] | None = None,
    consistent: bool = True,
) -> Span:
    """One query. The sort key may be narrowed by a prefix, a value it must follow, or two it must lie between.

    `lsi1` shows a collection in another order, and as consistently as the table; the `gsi`s lag.
    """
    local = index.startswith("lsi")
    names = {"#p": "pk" if local else f"{index}pk"}
    values: dict[str, Any] = {":p": {"S": pk}}
    condition = "#p = :p"
    for clause, bounds in (
        ("begins_with(#s, :v0)", (prefix,) if prefix else ()),
        ("#s > :v0", (after,) if after else ()),
        ("#s BETWEEN :v0 AND :v1", between or ()),
    ):
        if bounds:
            condition += f" AND {clause}"
            names["#s"] = f"{index}sk"
            values |= {f":v{i}": {"S": bound} for i, bound in enumerate(bounds)}
    arguments: dict[str, Any] = {
        "TableName": settings.table_name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": not newest_first,
    }
    if index:
        arguments["IndexName"] = index
    if local or not index:
        arguments["ConsistentRead"] = consistent
    if limit:
        arguments["Limit"] = limit
    if start:
        arguments["ExclusiveStartKey"] = start
    answer = call("query", **arguments)
    return Span([Record.from_raw_data(item) for item in answer["Items"]], answer.get("LastEvaluatedKey"))


def images(pk: str, *, between: tuple[str, str] | None = None, only: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """A collection, or a range of it, as it lies in the table; whole items, or `only` these attributes.

    For readers that must not stumble over an item of an unknown kind, and for those to whom records would cost more
    than what they are read for.
    """
    asked: dict[str, Any] = {
        "TableName": settings.table_name,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": pk}},
        "ConsistentRead": True,
    }
    if between is not None:
        asked["KeyConditionExpression"] += " AND sk BETWEEN :v0 AND :v1"
        asked["ExpressionAttributeValues"] |= {f":v{i}": {"S": bound} for i, bound in enumerate(between)}
    if only:
        # Some of our names are words of DynamoDB's own.
        asked["ExpressionAttributeNames"] = {f"#{i}": name for i, name in enumerate(only)}
        asked["ProjectionExpression"] = ", ".join(asked["ExpressionAttributeNames"])
    while True:
        answer = call("query", **asked)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def all_of(pk: str, **narrowed: Any) -> Iterator[Record]:
    """Every item of a collection, page after page."""
    start = None
    while True:
        page = span(pk, start=start, **narrowed)
        yield from page.records
        start = page.more_after
        if start is None:
            return
