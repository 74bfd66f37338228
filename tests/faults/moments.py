"""Crowds without threads: at one moment of a run, somebody else runs to the end. A seed repeats who met whom."""

from collections.abc import Callable
from typing import Any

from tests.faults.injector import Fault


def meanwhile(work: Callable[[], object]) -> Fault:
    """All of this happens in the instant before the request is sent."""

    def then(_: Any, __: Any) -> None:
        work()

    return then
