"""Bringing back from a table that was restored beside the living one: what was lost, and nothing that was erased."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.accounts import privacy, pseudonyms
from chalicelib.accounts.pseudonyms import Pseudonym
from chalicelib.ml import reconciliation
from chalicelib.ml.reconciliation import Present
from chalicelib.settings import settings
from chalicelib.table import acts, keys
from chalicelib.table.writes import adjust, alone
from infra import restore
from tests.conftest import House
from tests.http.api import Api, Person
from tests.http.test_privacy import ask_erasure, whole_table
from tests.http.test_refreshing import NOON

BESIDE = "restored-beside"
NOBODY = Present((), {}, {})


@pytest.fixture
def dynamodb(clean: House) -> Iterator[Any]:
    client = clean.cloud.client("dynamodb")
    yield client
    if BESIDE in client.list_tables()["TableNames"]:
        client.delete_table(TableName=BESIDE)


def back_up_and_restore_beside(dynamodb: Any) -> None:
    backup = dynamodb.create_backup(TableName=settings.table_name, BackupName="by-hand")["BackupDetails"]
    dynamodb.restore_table_from_backup(TargetTableName=BESIDE, BackupArn=backup["BackupArn"])


def lose(dynamodb: Any, person: Person) -> None:
    key = keys.user(person.id)
    dynamodb.delete_item(TableName=settings.table_name, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}})


@pytest.mark.row("M135")
def test_what_was_lost_is_brought_back_and_works(api: Api, dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asha = api.register()
    back_up_and_restore_beside(dynamodb)
    lose(dynamodb, asha)
    assert api.get("/auth/me", token=asha.access).status == 404
    assert restore.main([BESIDE, "--apply", "missing"]) == 0
    assert "1 brought back" in capsys.readouterr().out
    assert api.get("/auth/me", token=asha.access).json()["id"] == asha.id


def test_without_being_asked_it_writes_nothing(api: Api, dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asha = api.register()
    back_up_and_restore_beside(dynamodb)
    lose(dynamodb, asha)
    before = whole_table()
    assert restore.main([BESIDE]) == 0
    assert "1 missing" in capsys.readouterr().out
    assert whole_table() == before


def test_what_changed_since_stays_unless_it_is_asked_for(api: Api, dynamodb: Any) -> None:
    asha = api.register()
    back_up_and_restore_beside(dynamodb)
    api.patch("/users/profile", {"bio": "newer"}, token=asha.access)
    restore.main([BESIDE, "--apply", "missing"])
    assert api.get("/auth/me", token=asha.access).json()["bio"] == "newer"
    restore.main([BESIDE, "--apply", "different", "--only", f"USER#{asha.id}"])
    assert api.get("/auth/me", token=asha.access).json()["bio"] == ""


def test_other_partitions_are_left_alone(api: Api, dynamodb: Any) -> None:
    asha, ravi = api.register(), api.register("ravi")
    back_up_and_restore_beside(dynamodb)
    for person in (asha, ravi):
        lose(dynamodb, person)
    restore.main([BESIDE, "--apply", "missing", "--only", f"USER#{ravi.id}"])
    assert [api.get("/auth/me", token=each.access).status for each in (asha, ravi)] == [404, 200]


def test_people_who_were_erased_since_are_not_brought_back(api: Api, dynamodb: Any) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        asha = api.register("quokka-77")
        ask_erasure(api, asha)
        back_up_and_restore_beside(dynamodb)
        traveller.shift(timedelta(days=15))
        privacy.erase(acts.by_system("test"), asha.id, as_of=clock.now())
        restore.main([BESIDE, "--apply", "missing,different"])
        assert "quokka-77" not in whole_table()


def test_nor_is_what_mentions_them_when_only_other_partitions_are_asked_for(api: Api, dynamodb: Any) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        asha = api.register()
        ask_erasure(api, asha)
        back_up_and_restore_beside(dynamodb)
        traveller.shift(timedelta(days=15))
        privacy.erase(acts.by_system("test"), asha.id, as_of=clock.now())
        restore.main([BESIDE, "--apply", "missing", "--only", "PSEUDONYM#"])
        assert pseudonyms.known([asha.id]) == {}


def test_mail_that_was_sent_is_not_sent_again(api: Api, clean: House, dynamodb: Any) -> None:
    api.register()
    clean.driver.settle()
    assert len(clean.mails()) == 1
    back_up_and_restore_beside(dynamodb)
    for item in dynamodb.scan(TableName=settings.table_name)["Items"]:
        dynamodb.delete_item(TableName=settings.table_name, Key={"pk": item["pk"], "sk": item["sk"]})
    restore.main([BESIDE, "--apply", "missing"])
    clean.driver.settle()
    assert len(clean.mails()) == 1


ITEM = "itm_0"


def moved(person: Person, day: str, ver: int) -> Any:
    """The compaction of a day has moved the head of a thing of theirs; returns all heads."""
    name = pseudonyms.known([person.id])[person.id]
    reconciliation._move(name, person.id, "account_activity", ITEM, day, ver)
    return pseudonyms.known([person.id])[person.id].heads


def test_the_heads_of_exports_are_not_set_back(api: Api, dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asha = api.register()
    moved(asha, "2027-03-01", 3)
    back_up_and_restore_beside(dynamodb)
    heads = moved(asha, "2027-03-02", 7)
    restore.main([BESIDE, "--apply", "missing,different", "--only", "PSEUDONYM#"])
    assert pseudonyms.known([asha.id])[asha.id].heads == heads
    assert "1 the same" in capsys.readouterr().out


def test_the_rest_of_a_pseudonym_is_set_back_and_keeps_its_heads(api: Api, dynamodb: Any) -> None:
    asha = api.register()
    back_up_and_restore_beside(dynamodb)
    heads = moved(asha, "2027-03-02", 7)
    name = pseudonyms.known([asha.id])[asha.id]
    alone(adjust(name, Pseudonym.scopes.set([]), where=Pseudonym.pk.exists()))
    restore.main([BESIDE, "--apply", "different", "--only", "PSEUDONYM#"])
    name = pseudonyms.known([asha.id])[asha.id]
    assert (list(name.scopes), name.heads) == (["account"], heads)


def test_a_pseudonym_that_is_brought_back_does_not_know_where_its_items_stood(api: Api, dynamodb: Any) -> None:
    asha = api.register()
    moved(asha, "2027-03-01", 3)
    back_up_and_restore_beside(dynamodb)
    key = keys.pseudonym(asha.id)
    dynamodb.delete_item(TableName=settings.table_name, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}})
    restore.main([BESIDE, "--apply", "missing", "--only", "PSEUDONYM#"])
    name = pseudonyms.known([asha.id])[asha.id]
    assert list(reconciliation._expected(name, "account_activity", "2027-03-05", ITEM, {8: 1, 9: 1}, NOBODY)) == [8, 9]
    heads = moved(asha, "2027-03-05", 9)
    assert heads["account_activity"][ITEM] == {"day": "2027-03-05", "ver": 9, "after": None}
    name = pseudonyms.known([asha.id])[asha.id]
    assert list(reconciliation._expected(name, "account_activity", "2027-03-06", ITEM, {11: 1}, NOBODY)) == [10, 11]


def test_a_person_is_found_wherever_an_item_mentions_them() -> None:
    item = {"pk": {"S": "X#usr_1A#y"}, "map": {"M": {"usr_2B": {"L": [{"S": "of usr_3C."}, {"N": "4"}]}}}}
    assert restore.people(item) == {"usr_1A", "usr_2B", "usr_3C"}


def test_a_table_that_is_not_there_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert restore.main(["nowhere"]) == 1
    assert "is not there: nowhere" in capsys.readouterr().out


def test_an_unknown_wish_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert restore.main([BESIDE, "--apply", "everything"]) == 2
    assert "APPLY takes missing or different, not everything" in capsys.readouterr().out
