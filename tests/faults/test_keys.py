"""The parameter store out of reach, and the rotation of the keys while people are signed in."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from chalicelib import aws, keyring
from chalicelib.settings import settings
from tests.faults.injector import Injector, unreachable
from tests.http.api import Api, problem
from tests.http.test_refreshing import NOON


@pytest.fixture(autouse=True)
def _keys_as_they_were(clean: object) -> Iterator[None]:
    parameter = aws.client("ssm").get_parameter(Name=settings.keys_parameter, WithDecryption=True)["Parameter"]
    yield
    publish(parameter["Value"])


def publish(text: str) -> None:
    aws.client("ssm").put_parameter(Name=settings.keys_parameter, Value=text, Type="SecureString", Overwrite=True)
    keyring.forget()


def ring(current: str, *kids: str) -> str:
    held = {kid: base64.b64encode(kid.encode() * 32).decode() for kid in kids}
    return json.dumps({"current": current, "keys": held})


def test_a_cold_start_without_the_parameter_store_is_503(api: Api, faults: Injector) -> None:
    person = api.register()
    keyring.forget()
    faults.break_when(lambda trip: trip.operation == "GetParameter", unreachable)
    reply = api.get("/auth/me", token=person.access)
    assert problem(reply) == (503, "keys_unavailable")
    assert reply.header("retry-after") == "2"


def test_an_instance_recovers_by_itself_when_the_store_is_back(api: Api, faults: Injector) -> None:
    person = api.register()
    keyring.forget()
    faults.break_when(lambda trip: trip.operation == "GetParameter", unreachable)
    api.get("/auth/me", token=person.access)
    faults.heal()
    assert api.get("/auth/me", token=person.access).status == 200


def test_health_needs_no_key(api: Api, faults: Injector) -> None:
    keyring.forget()
    faults.break_when(lambda trip: trip.operation == "GetParameter", unreachable)
    assert api.get("/health").status == 200


def test_a_warm_instance_serves_on_without_the_parameter_store(
    api: Api, faults: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = api.register()
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 0)
    faults.break_when(lambda trip: trip.operation == "GetParameter", unreachable)
    assert api.get("/auth/me", token=person.access).status == 200


@pytest.mark.parametrize(
    "text", ["", "{}", '{"current": "a", "keys": {}}', '{"current": "a", "keys": {"a": "c2hvcnQ="}}']
)
def test_a_malformed_parameter_stops_everything_and_is_called_by_name(text: str) -> None:
    with pytest.raises(keyring.KeysMalformed):
        keyring.parse(text)


def test_every_token_outlives_the_rotation_of_its_key(api: Api) -> None:
    publish(ring("one", "one"))
    with time_machine.travel(NOON, tick=False) as clock:
        person = api.register()
        publish(ring("two", "one", "two"))
        assert api.get("/auth/me", token=person.access).status == 200
        renewed = api.post("/auth/refresh", {"refresh": person.refresh}).json()
        assert api.get("/auth/me", token=renewed["access"]).status == 200
        clock.shift(timedelta(days=6, hours=23))
        assert api.post("/auth/refresh", {"refresh": renewed["refresh"]}).status == 200


def test_when_the_old_key_is_gone_its_tokens_are_401(api: Api) -> None:
    publish(ring("one", "one"))
    person = api.register()
    publish(ring("two", "two"))
    assert problem(api.get("/auth/me", token=person.access)) == (401, "token_invalid")
    assert problem(api.post("/auth/refresh", {"refresh": person.refresh})) == (401, "refresh_token_invalid")


def test_tabs_on_both_sides_of_a_rotation_get_working_successors(api: Api) -> None:
    publish(ring("one", "one"))
    person = api.register()
    before = api.post("/auth/refresh", {"refresh": person.refresh}).json()["refresh"]
    publish(ring("two", "one", "two"))
    after = api.post("/auth/refresh", {"refresh": person.refresh}).json()["refresh"]
    assert [api.post("/auth/refresh", {"refresh": token}).status for token in (before, after)] == [200, 200]
