"""The fault tests call the API as the tests of the API do."""

from tests.http.conftest import _cheap_hash, api, faults

__all__ = ["_cheap_hash", "api", "faults"]
