"""Handlers that remember what they were given and do as they are told."""

from collections.abc import Callable
from typing import Any

Answer = Callable[[list[dict[str, Any]]], Any]


class Handlers:
    """Stands for every handler: keeps each event by the handler's name, and answers as set in `answers`."""

    def __init__(self) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.answers: dict[str, Answer] = {}

    def find(self, name: str) -> Callable[[Any, Any], Any]:
        def handler(event: dict[str, Any], context: Any) -> Any:
            assert context.get_remaining_time_in_millis() > 0
            self.events.setdefault(name, []).append(event)
            answer = self.answers.get(name)
            return answer(event.get("Records", [])) if answer else None

        return handler

    def batches(self, name: str) -> list[list[dict[str, Any]]]:
        return [event["Records"] for event in self.events.get(name, [])]


def failing(*identifiers: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


def out_of_order(_: Any) -> Any:
    raise RuntimeError("out of order")
