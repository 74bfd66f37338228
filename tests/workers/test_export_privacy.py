"""Nothing personal leaves in an export, and an erased person is nobody there (B15, security of children and ML)."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.accounts import privacy, pseudonyms
from chalicelib.accounts.pseudonyms import OWN_ACCOUNT, Pseudonym
from chalicelib.ml import compaction, rows, truth
from chalicelib.table import acts, keys
from chalicelib.table.writes import AlreadyThere, alone
from functions import export_for_ml
from tests.conftest import House
from tests.factories.exports import DAWN, DAY, compacted, pseudonym, raw_rows, stream, whole_bucket
from tests.factories.people import PASSWORD
from tests.http.api import Api, Person
from tests.http.test_privacy import ask_erasure, whole_table
from tests.workers.doubles import a_fact

ERASED = DAWN + timedelta(days=15)
ERASED_DAY = "2027-03-17"


@pytest.fixture(autouse=True)
def dawn(clean: House) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(DAWN, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _short_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole day is 5,760 queries. Here everything happens in its first minutes."""
    whole = truth._hours
    monkeypatch.setattr(truth, "_hours", lambda begin, end: whole(begin, min(end, begin + timedelta(minutes=20))))


class Canary:
    """Somebody with words in every personal field that occur nowhere else."""

    FIELDS = ("name", "mail", "first", "last", "headline", "bio", "site", "agent", "reason", "secret")

    def __init__(self, number: int) -> None:
        self.words = {field: f"zq{field}{number}x" for field in self.FIELDS}
        self.address = f"198.51.100.{200 + number}"

    def live(self, api: Api, admin: Person) -> Person:
        """Everything one can do, with these words."""
        said = self.words
        here: dict[str, Any] = {"ip": self.address, "user_agent": said["agent"]}
        password = f"{said['secret']}-and-more"
        names = {"first_name": said["first"], "last_name": said["last"], "email": f"{said['mail']}@example.org"}
        me = api.register(said["name"], password=password, **names)
        profile = {"headline": said["headline"], "bio": said["bio"], "website": f"https://{said['site']}.example.org/"}
        assert api.patch("/users/profile", profile, token=me.access).status == 200
        api.login(said["name"], password, **here)
        api.post("/auth/login", {"identifier": said["name"], "password": f"wrong-{said['secret']}"}, **here)
        api.post("/auth/password/forgot", {"email": me.email}, **here)
        assert api.get(f"/admin/users/{me.id}", token=admin.access).status == 200
        ban = {"reason": said["reason"]}
        assert api.post(f"/admin/users/{me.id}/ban", ban, token=admin.access).status == 200
        assert api.delete(f"/admin/users/{me.id}/ban", token=admin.access).status == 200
        again = api.login(said["name"], password, **here)
        assert api.get("/users/me/export", token=again.access).status == 200
        return again


def test_fifty_planted_words_are_in_no_exported_byte_and_in_no_log(
    api: Api, clean: House, capsys: pytest.CaptureFixture[str]
) -> None:
    admin, canaries = api.admin(), [Canary(number) for number in range(5)]
    people = [canary.live(api, admin) for canary in canaries]
    ask_erasure(api, people[0])
    clean.driver.settle()
    compaction.compact(DAY)
    assert len(compacted().rows) == len(raw_rows()) > 40
    words = [*itertools.chain(*(canary.words.values() for canary in canaries))]
    assert len(words) == 50
    exported, logged = whole_bucket().lower(), capsys.readouterr().out.lower()
    assert [word for word in words if word in exported] == []
    assert [word for word in words if word in logged] == []


def test_no_id_of_ours_and_no_network_address_is_in_the_bucket(api: Api, clean: House) -> None:
    canary = Canary(1)
    me = canary.live(api, api.admin())
    clean.driver.settle()
    compaction.compact(DAY)
    exported = whole_bucket()
    assert [each for each in ("usr_", "fct_", "ses_", "mlt_", canary.address, me.session) if each in exported] == []


def test_times_are_told_by_the_hour_and_ids_tell_none(api: Api, clean: House, dawn: time_machine.Traveller) -> None:
    dawn.move_to(DAWN + timedelta(minutes=7, seconds=13, microseconds=417_000))
    api.register()
    clean.driver.settle()
    (row,) = raw_rows()
    assert (row["occurred"], row["exported"]) == ("2027-03-02T00:00:00Z", "2027-03-02T00:00:00Z")
    assert clock.new_id("evt")[:10] not in (row["event"][:10], row["item"][:10], row["pseudonym"][:10])


def test_a_pseudonym_is_random_and_made_with_the_account(api: Api) -> None:
    people = [api.register(name) for name in ("asha", "ravi")]
    names = [pseudonym(each.id) for each in people]
    assert all(name.startswith("psn_") and len(name) == 30 for name in names)
    assert len(set(names)) == 2


def test_the_id_of_a_fact_does_not_lead_to_its_row() -> None:
    """The audit log keeps it, beside the person's, after an erasure too."""
    fact, told = a_fact("user.logged_in"), set()
    for _ in range(2):
        name = Pseudonym.under(keys.pseudonym("usr_ada"), pseudonym="psn_same", salt=clock.random_id("slt"))
        name.scopes = list(OWN_ACCOUNT)
        told |= {row.event for row in rows.of(fact, {"usr_ada": name}, Counter())}
    assert len(told) == 2


def test_a_thing_whose_id_others_know_is_not_found_by_hashing_it() -> None:
    """Readers of rows have the pseudonym; only the salt keeps them from trying ids that they know."""
    fact, items = replace(a_fact("user.enrolled"), subject="crs_known"), set()
    for _ in range(2):
        name = Pseudonym.under(keys.pseudonym("usr_ada"), pseudonym="psn_same", salt=clock.random_id("slt"))
        name.scopes = list(OWN_ACCOUNT)
        items |= {row.item for row in rows.of(fact, {"usr_ada": name}, Counter())}
    assert len(items) == 2


def test_the_person_as_an_item_is_what_their_tombstone_names() -> None:
    name = Pseudonym.under(keys.pseudonym("usr_ada"), pseudonym="psn_same", salt=clock.random_id("slt"))
    name.scopes = list(OWN_ACCOUNT)
    (row,) = rows.of(a_fact("user.logged_in"), {"usr_ada": name}, Counter())
    assert row.item == rows.item_of("psn_same")


def erased(api: Api, clean: House, traveller: time_machine.Traveller) -> tuple[Person, str]:
    """Somebody erased, after all that was told of them had been exported."""
    asha = api.register()
    name = pseudonym(asha.id)
    ask_erasure(api, asha)
    clean.driver.settle()
    traveller.move_to(ERASED)
    assert privacy.erase(acts.by_system("test"), asha.id, as_of=clock.now())
    return asha, name


@pytest.mark.row("B15")
def test_an_erasure_cuts_the_pseudonym_and_leaves_a_tombstone(
    api: Api, clean: House, dawn: time_machine.Traveller
) -> None:
    asha, name = erased(api, clean, dawn)
    clean.driver.settle()
    assert pseudonym(asha.id) == ""
    (row,) = raw_rows(ERASED_DAY, "tombstones")
    assert (row["pseudonym"], row["what"], row["ver"]) == (name, "person.erased", 3)
    assert row["occurred"] == f"{ERASED_DAY}T00:00:00Z"
    assert sorted(each["ver"] for each in raw_rows()) == [1, 2]


@pytest.mark.row("B15")
def test_after_an_erasure_no_item_leads_from_the_person_to_the_pseudonym(
    api: Api, clean: House, dawn: time_machine.Traveller
) -> None:
    asha, name = erased(api, clean, dawn)
    clean.driver.settle()
    items = json.loads(whole_table())
    assert [item["pk"]["S"] for item in items if name in json.dumps(item)] == [f"TOMBSTONES#{ERASED_DAY}"]
    assert [item for item in items if asha.id in json.dumps(item) and "psn_" in json.dumps(item)] == []


@pytest.mark.row("B15")
def test_a_fact_that_comes_after_the_erasure_is_not_exported_and_brings_nothing_back(
    api: Api, clean: House, dawn: time_machine.Traveller
) -> None:
    asha, _ = erased(api, clean, dawn)
    late = a_fact("user.logged_in", asha.id, at=DAWN)
    assert export_for_ml.handler(stream(late), None) == {"batchItemFailures": []}
    assert {row["what"] for row in raw_rows()} == {"user.registered", "user.erasure_requested"}
    assert pseudonym(asha.id) == ""


def test_a_day_of_somebody_erased_since_is_still_in_order(api: Api, clean: House, dawn: time_machine.Traveller) -> None:
    erased(api, clean, dawn)
    compaction.compact(DAY)
    compaction.compact(ERASED_DAY)
    found, graves = compacted(), compacted(ERASED_DAY, "tombstones")
    assert (found.manifest.complete, found.manifest.facts, found.manifest.distinct) == (True, 0, 2)
    assert (found.manifest.unmapped, len(graves.rows)) == (2, 1)
    assert compacted(ERASED_DAY).manifest.unmapped == 1


def test_a_tombstone_that_the_stream_lost_is_taken_from_the_table(
    api: Api, clean: House, dawn: time_machine.Traveller
) -> None:
    _, name = erased(api, clean, dawn)
    compaction.compact(ERASED_DAY)
    found = compacted(ERASED_DAY, "tombstones")
    assert [row["pseudonym"] for row in found.rows] == [name]
    assert found.manifest.healed == 1


def test_erasing_somebody_without_a_pseudonym_leaves_no_tombstone() -> None:
    assert pseudonyms.cut("usr_nobody", 2, clock.now()) == []


def test_a_pseudonym_is_never_replaced() -> None:
    alone(pseudonyms.made("usr_ada"))
    before = pseudonym("usr_ada")
    with pytest.raises(AlreadyThere):
        alone(pseudonyms.made("usr_ada"))
    assert pseudonym("usr_ada") == before


def test_nothing_that_a_person_is_shown_tells_their_pseudonym(api: Api) -> None:
    asha = api.register(password=PASSWORD)
    shown = [
        api.get(path, token=asha.access).body.decode() for path in ("/users/me/export", "/users/profile", "/auth/me")
    ]
    assert [text for text in shown if "psn_" in text] == []
    assert pseudonym(asha.id).startswith("psn_")
