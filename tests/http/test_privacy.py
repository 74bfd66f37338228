"""Everything held of a person, and its erasure: what is exported, when it goes, and that nothing is left."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.accounts import privacy
from chalicelib.settings import settings
from chalicelib.table import acts, reads
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api, Person, fields, problem
from tests.http.test_refreshing import NOON


def canary(api: Api) -> Person:
    """Somebody with words in every field that occur nowhere else."""
    person = api.register("quokka-77", first_name="Zephyrine", last_name="Oxblood", email="zq.canary@example.org")
    profile = {"headline": "Headwordish", "bio": "Biowordish", "website": "https://canarypage.example.org/"}
    assert api.patch("/users/profile", profile, token=person.access).status == 200
    return person


CANARIES = ["quokka-77", "Zephyrine", "Oxblood", "zq.canary", "Headwordish", "Biowordish", "canarypage", "CanaryAgent"]


def whole_table() -> str:
    """Every item, as text."""
    found: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        page = reads.call("scan", TableName=settings.table_name, **start)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return json.dumps(found, ensure_ascii=False, default=str)
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def ask_erasure(api: Api, person: Person) -> None:
    assert api.delete("/users/me", {"password": person.password}, token=person.access).status == 202


def test_an_export_has_everything_that_is_held(api: Api) -> None:
    person = canary(api)
    api.post("/auth/login", {"username": "quokka-77", "password": PASSWORD}, user_agent="CanaryAgent")
    reply = api.get("/users/me/export", token=person.access)
    text = reply.body.decode()
    assert reply.status == 200
    assert [word for word in CANARIES if word not in text] == []
    assert {"user", "session", "standing"} <= set(reply.json()["items"])


def test_an_export_has_no_secret(api: Api) -> None:
    person = canary(api)
    text = api.get("/users/me/export", token=person.access).body.decode()
    secrets = ["argon2", "password_hash", "salt", PASSWORD, person.access, person.refresh, "pk", "gsi1"]
    assert [secret for secret in secrets if f'"{secret}"' in text or (len(secret) > 6 and secret in text)] == []


def test_an_export_has_nobody_else(api: Api) -> None:
    canary(api)
    other = api.register("ravi")
    text = api.get("/users/me/export", token=other.access).body.decode()
    assert [word for word in CANARIES if word in text] == []


def test_an_export_is_kept_nowhere(api: Api) -> None:
    reply = api.get("/users/me/export", token=api.register().access)
    assert reply.header("cache-control") == "no-store"


def test_an_export_of_a_large_account_is_complete(api: Api) -> None:
    person = api.register()
    for n in range(40):
        api.patch("/users/profile", {"bio": f"{n:02d}" * 900}, token=person.access)
    said = api.get("/users/me/export", token=person.access).json()
    assert len(said["items"]["detail"]) == 41


def test_asking_for_erasure_takes_the_password(api: Api) -> None:
    person = api.register()
    reply = api.delete("/users/me", {"password": "not-my-password"}, token=person.access)
    assert (reply.status, fields(reply)) == (422, {"password": "wrong"})


def test_asking_for_erasure_says_when_and_ends_every_session(api: Api) -> None:
    with time_machine.travel(NOON, tick=False):
        person = api.register()
        other = api.login(person.username)
        reply = api.delete("/users/me", {"password": PASSWORD}, token=person.access)
        assert reply.json()["erasure_due"] == "2027-03-15T12:00:00Z"
        assert [api.get("/auth/me", token=each.access).status for each in (person, other)] == [401, 401]
        assert api.post("/auth/refresh", {"refresh": other.refresh}).status == 401


def test_during_the_grace_period_one_signs_in_and_changes_ones_mind(api: Api) -> None:
    ask_erasure(api, api.register())
    again = api.login("asha")
    reply = api.post("/users/me/restore", token=again.access)
    assert (reply.status, reply.json()["erasure_due"]) == (200, None)


def test_a_restored_account_is_not_erased(api: Api) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        person = api.register()
        ask_erasure(api, person)
        api.post("/users/me/restore", token=api.login("asha").access)
        traveller.shift(timedelta(days=30))
        assert list(privacy.due(clock.now())) == []
        assert privacy.erase(acts.by_system("test"), person.id, as_of=clock.now()) is False
        assert api.login("asha").id == person.id


def test_restoring_what_nobody_asked_to_erase_is_a_conflict(api: Api) -> None:
    assert problem(api.post("/users/me/restore", token=api.register().access)) == (409, "erasure_not_asked")


def test_asking_twice_does_not_put_it_off(api: Api) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        person = api.register()
        ask_erasure(api, person)
        traveller.shift(timedelta(days=3))
        again = api.login("asha")
        reply = api.delete("/users/me", {"password": PASSWORD}, token=again.access)
        assert reply.json()["erasure_due"] == "2027-03-15T12:00:00Z"


@pytest.mark.parametrize(("seconds", "erased"), [(-1, False), (0, True)])
def test_an_account_is_erased_when_its_grace_is_over_and_not_before(api: Api, seconds: int, erased: bool) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        person = api.register()
        ask_erasure(api, person)
        traveller.shift(timedelta(days=14, seconds=seconds))
        assert list(privacy.due(clock.now())) == [person.id] * erased
        assert privacy.erase(acts.by_system("test"), person.id, as_of=clock.now()) is erased


def erased_canary(api: Api) -> Person:
    with time_machine.travel(NOON, tick=False) as traveller:
        person = canary(api)
        api.post("/auth/login", {"username": "quokka-77", "password": PASSWORD}, user_agent="CanaryAgent")
        api.post("/auth/login", {"username": "quokka-77", "password": "wrong-wrong-wrong"})
        api.post("/auth/password/forgot", {"email": person.email})
        api.post("/auth/email/resend", token=person.access)
        ask_erasure(api, person)
        traveller.shift(timedelta(days=15))
        assert privacy.erase(acts.by_system("test"), person.id, as_of=clock.now())
    return person


def test_after_the_erasure_the_whole_table_holds_no_word_of_the_person(api: Api) -> None:
    erased_canary(api)
    text = whole_table()
    assert [word for word in CANARIES if word.lower() in text.lower()] == []


def test_an_answer_kept_for_its_idempotency_key_expires_after_a_day(api: Api) -> None:
    with time_machine.travel(NOON, tick=False):
        api.post("/auth/register", registration(), idempotency_key="k")
    answers = [item for item in json.loads(whole_table()) if item["pk"]["S"].startswith("ANSWER#")]
    assert [int(item["ttl"]["N"]) for item in answers] == [int((NOON + timedelta(days=1)).timestamp())]


def test_the_name_and_address_of_an_erased_person_are_free_again(api: Api) -> None:
    old = erased_canary(api)
    new = api.register("quokka-77", email="zq.canary@example.org")
    assert new.id != old.id


def test_nobody_signs_in_as_an_erased_person(api: Api) -> None:
    person = erased_canary(api)
    for name in ("quokka-77", "zq.canary@example.org", person.id.lower().replace("_", "-")):
        assert api.post("/auth/login", {"identifier": name, "password": PASSWORD}).status == 401


def test_the_tokens_of_an_erased_person_are_dead(api: Api) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        person = api.register()
        ask_erasure(api, person)
        traveller.shift(timedelta(days=14, seconds=-60))
        late = api.login("asha")
        traveller.shift(timedelta(seconds=60))
        assert privacy.erase(acts.by_system("test"), person.id, as_of=clock.now())
        assert api.get("/auth/me", token=late.access).status == 401
        assert api.post("/auth/refresh", {"refresh": late.refresh}).status == 401
        assert api.patch("/users/profile", {"bio": "x"}, token=late.access).status == 401


def test_an_erased_person_is_in_no_list(api: Api) -> None:
    erased_canary(api)
    admin = api.admin()
    assert api.get("/users?q=quokka", token=admin.access).json()["results"] == []
    assert api.get("/admin/users?q=quokka", token=admin.access).json()["results"] == []


def test_an_administrator_does_not_find_an_erased_person(api: Api) -> None:
    person = erased_canary(api)
    admin = api.admin()
    assert api.get(f"/admin/users/{person.id}", token=admin.access).status == 404
    assert api.patch(f"/admin/users/{person.id}", {"tier": "premium"}, token=admin.access).status == 404


def test_erasing_twice_is_erasing_once(api: Api) -> None:
    person = erased_canary(api)
    assert privacy.erase(acts.by_system("test"), person.id, as_of=NOON + timedelta(days=20)) is True
    assert list(privacy.due(NOON + timedelta(days=30))) == []
