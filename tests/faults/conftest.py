"""What the fault tests share with the tests of the API, and the injector that breaks AWS for them."""

from collections.abc import Iterator

import pytest

from tests.faults.injector import Injector
from tests.http.conftest import _cheap_hash, api

__all__ = ["_cheap_hash", "api", "faults"]


@pytest.fixture
def faults() -> Iterator[Injector]:
    with Injector() as injector:
        yield injector
