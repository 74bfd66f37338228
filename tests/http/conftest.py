"""The client that tests of the API use, and a cheaper password hash, so that hundreds of them stay quick."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from chalicelib import keyring
from chalicelib.accounts import passwords
from tests.http.api import Api


@pytest.fixture(scope="package", autouse=True)
def _cheap_hash() -> Iterator[None]:
    cheap = PasswordHasher(memory_cost=64, time_cost=1, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_argon2id", lambda: cheap)
        yield


@pytest.fixture
def api(clean: object) -> Api:
    """A client; the keys are at hand, as in an instance that has answered before."""
    keyring.keys()
    return Api()
