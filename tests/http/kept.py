"""Scenes that many tests begin with: made once a minute, because they speak of now, and brought back in between."""

from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib import clock
from infra.local import resources
from infra.local.cloud import Cloud

T = TypeVar("T")
_MADE: dict[str, Any] = {}


def kept(cloud: Cloud, name: str, make: Callable[[], T]) -> T:
    """What `make` returns, with the engine as it stood then. The scene takes the place of all else in the engine."""
    moment = f"{name}-{clock.now():%d%H%M}"
    if moment not in _MADE or not resources.recalled(cloud, moment):
        _MADE[moment] = make()
        resources.remember(cloud, moment)
    found: T = _MADE[moment]
    return found
