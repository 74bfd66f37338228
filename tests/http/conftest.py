"""The client that tests of the API use, and a cheaper password hash, so that hundreds of them stay quick."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from chalicelib import keyring
from chalicelib.accounts import passwords
from tests.faults.injector import Injector
from tests.http.api import Api

CHEAP = PasswordHasher(memory_cost=64, time_cost=1, parallelism=1)


@pytest.fixture(autouse=True)
def _cheap_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_argon2id", lambda: CHEAP)


@pytest.fixture
def api(clean: object) -> Api:
    """A client; the keys are at hand, as in an instance that has answered before."""
    keyring.keys()
    return Api()


@pytest.fixture
def faults() -> Iterator[Injector]:
    """Counts the trips to AWS and breaks those it is told to."""
    with Injector() as injector:
        yield injector
