"""From the stream to the raw zone: what is written, and that nothing is lost or changed on the way (X50)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from chalicelib.accounts import pseudonyms
from chalicelib.messaging import metrics
from chalicelib.ml import raw, rows
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.facts import Fact
from chalicelib.table.writes import alone
from functions import export_for_ml
from infra.local import template
from infra.local.patterns import passes
from infra.local.triggers import StreamTrigger
from tests.conftest import House
from tests.factories.exports import DAWN, DAY, pseudonym, raw_rows, stream
from tests.faults.injector import Injector, Trip, unreachable
from tests.http.api import Api
from tests.workers.doubles import a_fact, dead

COLUMNS = ["event", "pseudonym", "item", "ver", "what", "occurred", "roles", "tier", "sequence", "exported"]


@pytest.fixture(autouse=True)
def _dawn(clean: House) -> Iterator[None]:
    with time_machine.travel(DAWN, tick=False):
        yield


def known(*people: str) -> None:
    for each in people:
        alone(pseudonyms.made(each))


def export(event: dict[str, Any]) -> list[str]:
    """What the exporter reports as failed."""
    report = export_for_ml.handler(event, None)
    return [each["itemIdentifier"] for each in report["batchItemFailures"]]


def changes(count: int, person: str = "usr_ada") -> list[Fact]:
    return [a_fact("user.profile_changed", person, subject_ver=number + 1) for number in range(count)]


def of_s3(trip: Trip) -> bool:
    return trip.service == "s3"


@pytest.mark.row("X50")
def test_what_somebody_does_stands_in_the_raw_zone_under_their_pseudonym(api: Api, clean: House) -> None:
    asha = api.register()
    api.patch("/users/profile", {"bio": "x"}, token=asha.access)
    api.login("asha")
    clean.driver.settle()
    found = sorted(raw_rows(), key=lambda row: (row["ver"] is None, row["ver"]))
    assert [list(row) for row in found] == [COLUMNS] * 3
    assert [(row["what"], row["ver"]) for row in found] == [
        ("user.registered", 1),
        ("user.profile_changed", 2),
        ("user.logged_in", None),
    ]
    assert {(row["pseudonym"], row["occurred"]) for row in found} == {(pseudonym(asha.id), "2027-03-02T00:00:00Z")}
    assert len({row["item"] for row in found}) == 1


def test_roles_and_tiers_are_told_where_they_changed(api: Api, clean: House) -> None:
    admin, asha = api.admin(), api.register()
    api.patch(f"/admin/users/{asha.id}", {"roles": ["student", "instructor"], "tier": "premium"}, token=admin.access)
    clean.driver.settle()
    (row,) = [row for row in raw_rows() if row["what"] == "user.role_changed"]
    assert (row["roles"], row["tier"], row["ver"]) == (["student", "instructor"], "premium", 2)


def test_only_words_that_a_dataset_names_leave_a_payload() -> None:
    known("usr_ada")
    payload = {"roles": ["student", "Zephyrine"], "tier": "Oxblood", "bio": "Biowordish", "token": "mlt_1"}
    export(stream(a_fact("user.role_changed", payload=payload)))
    (row,) = raw_rows()
    assert (row["roles"], row["tier"], list(row)) == (["student"], None, COLUMNS)


def test_the_same_batch_again_adds_no_object() -> None:
    known("usr_ada")
    batch = stream(*changes(5))
    assert [export(batch), export(batch)] == [[], []]
    assert len(raw.objects("account_activity", DAY)) == 1


def test_an_object_is_never_written_over(clean: House) -> None:
    known("usr_ada")
    batch = stream(*changes(5))
    for _ in range(3):
        export(batch)
    versions = clean.cloud.client("s3").list_object_versions(Bucket=settings.ml_bucket)["Versions"]
    assert len(versions) == 1


def test_the_same_rows_make_the_same_bytes_at_any_time() -> None:
    text = raw.as_lines([{"event": "evt_1"}])
    before = raw.packed(text)
    with time_machine.travel(DAWN.replace(year=2030)):
        assert raw.packed(text) == before


def test_rows_are_filed_under_the_day_on_which_they_happened() -> None:
    known("usr_ada")
    late = a_fact("user.logged_in", at=DAWN.replace(day=1, hour=23, minute=59))
    export(stream(late, *changes(1)))
    assert [row["what"] for row in raw_rows("2027-03-01")] == ["user.logged_in"]
    assert [row["what"] for row in raw_rows()] == ["user.profile_changed"]


def test_an_object_whose_rows_are_not_those_of_its_name_is_not_believed(clean: House) -> None:
    known("usr_ada")
    export(stream(*changes(1)))
    (name,) = raw.objects("account_activity", DAY)
    body = raw.packed(raw.as_lines([{"event": "evt_forged"}]))
    clean.cloud.client("s3").put_object(Bucket=settings.ml_bucket, Key=name, Body=body)
    with pytest.raises(raw.Damaged):
        raw_rows()


def test_somebody_without_a_pseudonym_is_not_exported_and_holds_up_nobody() -> None:
    known("usr_ada")
    assert export(stream(*changes(1, "usr_nobody"), *changes(1))) == []
    assert [row["pseudonym"] for row in raw_rows()] == [pseudonym("usr_ada")]


def test_somebody_whose_pseudonym_does_not_allow_it_is_not_exported() -> None:
    alone(pseudonyms.made("usr_child", scopes=()))
    assert export(stream(*changes(3, "usr_child"))) == []
    assert raw_rows() == []


@pytest.mark.parametrize(
    "broken",
    [
        {"at": {"S": "yesterday"}},
        {"subject": {"S": "usr_a#b"}},
        {"payload": {"S": "[]"}},
        {"payload": {"S": "{"}},
        {"subject_ver": {"S": "two"}},
        {"id": {"N": "1"}},
        {"kind": {"S": "tombstone"}},
        {"ttl": {"N": str(10**18)}},
        {"kind": {"N": "1"}},
    ],
    ids=lambda broken: "-".join(broken),
)
def test_what_cannot_be_read_is_buried_whole_and_the_others_go_on(broken: dict[str, Any]) -> None:
    known("usr_ada")
    batch = stream(*changes(3))
    image = batch["Records"][1]["dynamodb"]["NewImage"]
    image.update(broken)
    assert export(batch) == []
    assert sorted(row["ver"] for row in raw_rows()) == [1, 3]
    ((body, reason),) = dead("exports")
    assert json.loads(body)["NewImage"] == image
    assert reason


def test_what_breaks_the_making_of_one_row_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known("usr_ada")
    real = rows.of

    def stumbling(told: Any, *rest: Any) -> Any:
        if told.subject_ver == 2:
            raise RuntimeError("a mistake of ours")
        return real(told, *rest)

    monkeypatch.setattr(rows, "of", stumbling)
    assert export(stream(*changes(3))) == []
    assert sorted(row["ver"] for row in raw_rows()) == [1, 3]
    assert [reason for _, reason in dead("exports")] == ["RuntimeError: a mistake of ours"]


def test_what_cannot_be_buried_comes_back(faults: Injector) -> None:
    known("usr_ada")
    batch = stream(*changes(2))
    batch["Records"][0]["dynamodb"]["NewImage"]["at"] = {"S": "never"}
    faults.break_when(lambda trip: trip.service == "sqs", unreachable)
    assert export(batch) == ["100"]
    assert [row["ver"] for row in raw_rows()] == [2]


def test_what_s3_did_not_take_comes_back_and_is_there_in_the_end(faults: Injector) -> None:
    known("usr_ada")
    batch = stream(*changes(3))
    faults.break_when(of_s3, unreachable)
    assert export(batch) == ["100", "101", "102"]
    faults.heal()
    assert export(batch) == []
    assert sorted(row["ver"] for row in raw_rows()) == [1, 2, 3]


def test_why_s3_did_not_take_it_is_in_the_log(faults: Injector, caplog: pytest.LogCaptureFixture) -> None:
    known("usr_ada")
    faults.break_when(of_s3, unreachable)
    export(stream(*changes(1)))
    (line,) = [record for record in caplog.records if record.message == "not taken"]
    assert "raw/account_activity/" in str(line.__dict__)


def test_poison_that_will_be_delivered_again_is_not_buried_yet(faults: Injector) -> None:
    known("usr_ada")
    batch = stream(*changes(3))
    batch["Records"][1]["dynamodb"]["NewImage"]["at"] = {"S": "never"}
    faults.break_when(of_s3, unreachable)
    assert export(batch) == ["100", "102"]
    assert dead("exports") == []
    faults.heal()
    assert export(batch) == []
    assert len(dead("exports")) == 1


def test_without_the_table_the_whole_batch_comes_back(faults: Injector) -> None:
    faults.break_when(lambda trip: trip.service == "dynamodb", unreachable)
    assert export(stream(*changes(3))) == ["100", "101", "102"]


def test_the_exporter_reads_pseudonyms_and_writes_nothing_to_the_table(faults: Injector) -> None:
    known("usr_ada")
    faults.forget()
    export(stream(*changes(3)))
    assert faults.names() == ["BatchGetItem", "PutObject"]
    asked = json.loads(faults.trips[0].request.body)["RequestItems"]
    ((_, batch),) = asked.items()
    assert [key["pk"]["S"] for key in batch["Keys"]] == [keys.pseudonym("usr_ada").pk]


def test_the_second_reader_is_told_of_facts_and_tombstones_only() -> None:
    (trigger,) = next(each for each in template.load().functions if each.name == "export_for_ml").triggers

    assert isinstance(trigger, StreamTrigger)
    patterns = trigger.patterns

    def reaches(kind: str, name: str = "INSERT") -> bool:
        return passes(patterns, {"eventName": name, "dynamodb": {"NewImage": {"kind": {"S": kind}}}})

    assert [reaches("fact"), reaches("tombstone")] == [True, True]
    assert [reaches("user"), reaches("fact", "REMOVE")] == [False, False]


def test_a_dead_letter_of_an_export_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    monkeypatch.setattr(metrics, "count", lambda name, amount=1: counted.append(name))
    export({"Records": [{"dynamodb": {"SequenceNumber": "1", "NewImage": {}}}]})
    assert counted == ["DeadLetters"]
