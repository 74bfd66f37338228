"""The command that rotates the signing keys: each step leaves everybody signed in, and none comes too early."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import keyring
from infra import rotate_keys
from infra.deploy import Refused
from infra.local.environment import KEYS_PARAMETER as NAME
from infra.rotate_keys import Ring
from tests.conftest import ENDPOINT, House
from tests.http.api import Api


@pytest.fixture(autouse=True)
def _at_the_engine(clean: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
    before = held(clean)
    yield
    clean.cloud.client("ssm").put_parameter(Name=NAME, Type="SecureString", Overwrite=True, Value=json.dumps(before))
    keyring.forget()


def held(house: House) -> dict[str, Any]:
    answer = house.cloud.client("ssm").get_parameter(Name=NAME, WithDecryption=True)
    document: dict[str, Any] = json.loads(answer["Parameter"]["Value"])
    return document


def rotate(*words: str) -> int:
    outcome = rotate_keys.main(["local", *words])
    keyring.forget()
    return outcome


def test_a_whole_rotation_signs_nobody_out(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    asha = api.register()
    for words in (["add"], ["use", "--key", "k2", "--force"]):
        assert rotate(*words) == 0
        assert api.get("/auth/me", token=asha.access).status == 200
    renewed = api.post("/auth/refresh", {"refresh": asha.refresh}).json()
    assert rotate("drop", "--key", "k1", "--force") == 0
    assert [api.get("/auth/me", token=token).status for token in (asha.access, renewed["access"])] == [401, 200]
    assert "signs with k2 and believes no other" in " ".join(capsys.readouterr().out.replace(",", "").split())


def test_a_key_that_others_know_is_replaced_and_everybody_is_signed_out(api: Api) -> None:
    asha = api.register()
    assert rotate("replace", "--force") == 0
    assert api.get("/auth/me", token=asha.access).status == 401
    assert api.login("asha").id == asha.id


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "--key", "k1"], "There is a key k1 already."),
        (["use", "--key", "k9"], "There is no key k9, but k1."),
        (["drop", "--key", "k1"], "k1 signs at present"),
        (["replace"], "This signs everybody out."),
    ],
)
def test_a_step_that_makes_no_sense_or_comes_too_early_is_refused(
    api: Api, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    asha = api.register()
    assert rotate(*words) == 1
    assert told in capsys.readouterr().out
    assert api.get("/auth/me", token=asha.access).status == 200


def test_a_new_key_does_not_sign_before_all_instances_believe_it(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotate("add") == 0
    assert rotate("use", "--key", "k2") == 1
    assert "Wait 10 min more" in capsys.readouterr().out


@pytest.mark.parametrize(("days", "allowed"), [(30, False), (32, True)])
def test_an_old_key_goes_after_a_month(days: int, allowed: bool) -> None:
    ring = Ring({"current": "k2", "keys": {"k1": "YQ==", "k2": "Yg=="}}, timedelta(days=days))
    if allowed:
        left = rotate_keys.dropped(ring, "k1", force=False)
        assert (left["current"], left["keys"], list(left["lasting"])) == ("k2", {"k2": "Yg=="}, ["k1"])
    else:
        with pytest.raises(Refused, match="Wait 24 h more"):
            rotate_keys.dropped(ring, "k1", force=False)


def test_no_key_is_ever_printed(clean: House, capsys: pytest.CaptureFixture[str]) -> None:
    rotate("add")
    rotate()
    told = capsys.readouterr().out
    assert [key for key in held(clean)["keys"].values() if key in told] == []


def test_a_stage_without_keys_is_told_in_a_sentence(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotate_keys.main(["nowhere"]) == 1
    assert "There is no /learnflow/nowhere/keys" in capsys.readouterr().out
