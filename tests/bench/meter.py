"""Counts what requests cost: every call to AWS, and the read and write units of those to the table.

It listens on the clients of the API while it is open. What a write does to an item is in no answer, so the item is
looked at before and after. For one thread: between the two looks nobody else may write.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import TracebackType
from typing import Any

import botocore.session

from chalicelib import aws
from chalicelib.settings import settings
from tests.bench import sizes
from tests.bench.sizes import Item

INDEXES = (("gsi1pk", "gsi1sk"), ("gsi2pk", "gsi2sk"), ("pk", "lsi1sk"))
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
#: Each action of a transaction is paid twice, once to prepare and once to commit; an index is written afterwards, once.
TRANSACTION = 2
Images = dict[str, Item | None]


@dataclass(frozen=True)
class Call:
    """One call to AWS: its operation, as the limiter's where that made it, and the units it took."""

    operation: str
    reads: float = 0.0
    writes: int = 0

    def __str__(self) -> str:
        return f"{self.operation} ({self.reads:g} read, {self.writes} write units)"


class Meter:
    """`calls` in the order in which they were made; `forget` begins anew."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._listening: list[tuple[Any, str, Callable[..., None]]] = []
        self._eyes = eyes()

    def __enter__(self) -> "Meter":
        limiter = aws.client("dynamodb", attempts=1, read_seconds=settings.limiter_timeout)
        others = ((limiter, "limiter "), (aws.client("ssm"), "ssm "), (aws.client("sqs"), "sqs "))
        for client, prefix in ((aws.client("dynamodb"), ""), *others):
            pending: dict[str, Any] = {}
            self._listen(client, "before-send", partial(self._asked, pending))
            self._listen(client, "response-received", partial(self._answered, pending, prefix))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client, event, listener in self._listening:
            client.meta.events.unregister(event, listener)

    def _listen(self, client: Any, moment: str, listener: Callable[..., None]) -> None:
        event = f"{moment}.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.register(event, listener)
        self._listening.append((client, event, listener))

    def forget(self) -> None:
        self.calls.clear()

    def names(self) -> list[str]:
        return [call.operation for call in self.calls]

    @property
    def reads(self) -> float:
        return sum(call.reads for call in self.calls)

    @property
    def writes(self) -> int:
        return sum(call.writes for call in self.calls)

    def _asked(self, pending: dict[str, Any], request: Any, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        body = json.loads(request.body or b"{}")
        actions = actions_of(operation, body)
        pending.update(operation=operation, body=body, actions=actions, before=self._look(actions))

    def _answered(
        self, pending: dict[str, Any], prefix: str, response_dict: Any, parsed_response: Any, **_: Any
    ) -> None:
        operation, actions = pending["operation"], pending["actions"]
        whole = self._whole(operation, pending["body"], parsed_response)
        reads = reading(operation, pending["body"], whole) if response_dict["status_code"] == 200 else 0.0
        writes = writing(operation, actions, pending["before"], self._look(actions)) if actions else 0
        self.calls.append(Call(prefix + operation, reads, writes))

    def _whole(self, operation: str, body: Mapping[str, Any], answer: Any) -> Any:
        """A query that asks for some attributes is paid for whole items."""
        if operation != "Query" or "ProjectionExpression" not in body:
            return answer
        asked = {name: value for name, value in body.items() if name != "ProjectionExpression"}
        names, condition = asked.pop("ExpressionAttributeNames", {}), body["KeyConditionExpression"]
        used = {name: value for name, value in names.items() if name in condition}
        return self._eyes.query(**asked, **({"ExpressionAttributeNames": used} if used else {}))

    def _look(self, actions: Iterable[Mapping[str, Any]]) -> Images:
        return {str(key): self._item(key) for key in map(key_of, actions)}

    def _item(self, key: Mapping[str, Any]) -> Item | None:
        found: Item | None = self._eyes.get_item(TableName=settings.table_name, Key=key, ConsistentRead=True).get(
            "Item"
        )
        return found


@cache
def eyes() -> Any:
    """Of a session of its own, so that nobody listens to the looks. To make one takes longer than most requests."""
    return botocore.session.get_session().create_client("dynamodb", region_name=settings.region)


def actions_of(operation: str, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The writes of a request, one by one; a condition that is only checked is paid as a write."""
    if operation == "TransactWriteItems":
        return [action for item in body["TransactItems"] for action in item.values()]
    return [body] if operation in WRITES else []


def key_of(action: Mapping[str, Any]) -> dict[str, Any]:
    key: Mapping[str, Any] = action.get("Key") or action["Item"]
    return {"pk": key["pk"], "sk": key["sk"]}


def writing(operation: str, actions: Iterable[Mapping[str, Any]], before: Images, after: Images) -> int:
    """A write whose condition failed is paid like one that changes nothing."""
    factor = TRANSACTION if operation == "TransactWriteItems" else 1
    images = [(before[str(key)], after[str(key)]) for key in map(key_of, actions)]
    table = sum(sizes.write_units(*pair) for pair in images)
    return factor * table + sum(sizes.index_units(index, *pair) for pair in images for index in INDEXES)


def reading(operation: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    consistent = bool(body.get("ConsistentRead"))
    if operation == "GetItem":
        return sizes.read_units([answer["Item"]] if "Item" in answer else [], consistent=consistent)
    if operation == "Query":
        return sizes.read_units(answer["Items"], consistent=consistent)
    if operation == "BatchGetItem":
        return sum(_batch(asked, answer["Responses"].get(table, [])) for table, asked in body["RequestItems"].items())
    return 0.0


def _batch(asked: Mapping[str, Any], found: list[Item]) -> float:
    """Each item is rounded by itself, and one that is missing is paid too."""
    consistent = bool(asked.get("ConsistentRead"))
    missing = len(asked["Keys"]) - len(found)
    each = [sizes.read_units([item], consistent=consistent) for item in found]
    return sum(each) + missing * sizes.read_units([], consistent=consistent)
