"""The audit chain holds under crowds and repeats, and names the first entry that somebody touched."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from chalicelib import aws, clock
from chalicelib.accounts import audit, chain
from chalicelib.accounts.audit import AuditEntry, AuditHead
from chalicelib.accounts.chain import ChainBroken
from chalicelib.settings import settings
from chalicelib.table import facts, keys, reads
from chalicelib.table.acts import by_system
from chalicelib.table.facts import DetailRecord, Fact
from chalicelib.table.writes import alone, delete, put, together
from infra import verify_audit
from tests.conftest import House
from tests.workers.doubles import a_fact, crowd, dead

DAY = "2026-03-10"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def that_day() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON) as traveller:
        yield traveller


def entries(day: str = DAY) -> dict[str, list[AuditEntry]]:
    found = {shard: list(reads.all_of(keys.audit_of(day, shard))) for shard in "0123"}
    return {shard: [each for each in records if isinstance(each, AuditEntry)] for shard, records in found.items()}


def filled(amount: int = 40, **values: Any) -> list[Fact]:
    told = [a_fact(**values) for _ in range(amount)]
    audit.append(told)
    return told


def longest() -> tuple[str, list[AuditEntry]]:
    return max(entries().items(), key=lambda each: len(each[1]))


def first_break(day: str = DAY) -> tuple[str, int, str]:
    broken = chain.verify(day).broken
    assert len(broken) == 1
    return broken[0].shard, broken[0].sequence, broken[0].what


@pytest.mark.row("B13", "K58", "K35")
def test_an_entry_says_who_did_what_to_whom_when_and_under_which_request() -> None:
    (fact,) = told = [a_fact("user.banned", "usr_eve", actor="usr_admin", payload={"a": 1}, subject_ver=4)]
    audit.append(told)
    ((entry,),) = [found for found in entries().values() if found]
    assert (entry.name, entry.actor, entry.subject, entry.request_id) == (
        "user.banned",
        "usr_admin",
        "usr_eve",
        "req_test",
    )
    assert (entry.fact_id, entry.occurred_at, entry.payload) == (fact.id, fact.at, {"a": 1})
    for index, of in (("gsi1", keys.audit_by("usr_admin")), ("gsi2", keys.audit_on("usr_eve"))):
        assert [record.sk for record in reads.span(of, index=index).records] == [entry.sk]


@pytest.mark.row("B13")
def test_an_untouched_chain_verifies() -> None:
    filled()
    found = chain.verify(DAY)
    assert (found.broken, found.entries, found.anchored) == ((), 40, False)
    assert chain.verify("2026-03-09").entries == chain.verify("2026-03-11").entries == 0
    assert chain.verify("2026-03-09").broken == chain.verify("2026-03-11").broken == ()


def test_facts_told_again_are_in_the_chain_once() -> None:
    told = filled(10)
    audit.append([*told, *told])
    audit.append(reversed(told))
    assert sorted(each.fact_id for found in entries().values() for each in found) == sorted(fact.id for fact in told)


def test_the_order_of_arrival_is_the_order_of_the_chain() -> None:
    told = filled(30)
    for shard, found in entries().items():
        assert [each.fact_id for each in found] == [fact.id for fact in told if _shard(fact) == shard]


def _shard(fact: Fact) -> str:
    return facts.shard_of(fact.id, audit.SHARDS)


def test_many_writers_leave_no_gap_and_no_double() -> None:
    told = [a_fact() for _ in range(100)]
    crowd(audit.append, told)
    found = entries()
    assert sorted(each.fact_id for chained in found.values() for each in chained) == sorted(fact.id for fact in told)
    assert all(
        [int(each.sequence) for each in chained] == list(range(1, len(chained) + 1)) for chained in found.values()
    )
    assert chain.verify(DAY).broken == ()


@pytest.mark.row("B13")
@pytest.mark.parametrize("field", ["actor", "subject", "name", "payload", "occurred_at", "request_id", "detail_hash"])
def test_a_changed_entry_is_named(field: str) -> None:
    filled()
    shard, found = longest()
    victim = found[len(found) // 2]
    values = {"payload": {"amount": 0}, "occurred_at": NOON - timedelta(days=400)}
    setattr(victim, field, values.get(field, "usr_mallory"))
    alone(put(victim))
    assert first_break() == (shard, int(victim.sequence), "changed")


@pytest.mark.row("B13")
@pytest.mark.parametrize("place", [0, 1, -2, -1], ids=["first", "second", "last but one", "last"])
def test_an_entry_changed_with_a_fitting_hash_is_named(place: int) -> None:
    filled()
    shard, found = longest()
    victim = found[place]
    victim.actor = "usr_mallory"
    victim.hash = victim.sealed()
    alone(put(victim))
    assert first_break() == (shard, int(victim.sequence), "changed")


@pytest.mark.row("B13")
@pytest.mark.parametrize("place", [0, 1, -1], ids=["first", "second", "last"])
def test_a_deleted_entry_is_named_as_missing(place: int) -> None:
    filled()
    shard, found = longest()
    alone(delete(found[place]))
    assert first_break() == (shard, int(found[place].sequence), "missing")


@pytest.mark.row("B13")
def test_an_entry_inserted_at_the_end_is_named() -> None:
    filled()
    shard, found = longest()
    last = found[-1]
    forged = audit._entry(shard, DAY, last, a_fact("user.unbanned"), None)
    alone(put(forged))
    assert first_break() == (shard, int(last.sequence) + 1, "inserted after the end of the chain")


@pytest.mark.row("B13")
def test_an_entry_inserted_between_two_is_named() -> None:
    filled()
    shard, found = longest()
    forged = audit._entry(shard, DAY, found[2], a_fact("user.unbanned"), None)
    forged.sk = f"{found[2].sk}5"
    alone(put(forged))
    assert first_break() == (shard, int(found[2].sequence) + 1, "inserted")


@pytest.mark.row("B13")
def test_a_day_rewritten_with_its_head_is_betrayed_by_the_anchored_head(that_day: time_machine.Traveller) -> None:
    filled()
    that_day.move_to(NOON + timedelta(days=1))
    assert chain.anchor(DAY).anchored
    shard, found = longest()
    found[0].actor = "usr_mallory"
    last: AuditEntry | None = None
    for entry in found:
        entry.previous = last.hash if last else audit.GENESIS
        entry.hash = entry.sealed()
        alone(put(entry))
        last = entry
    head = reads.one(AuditHead, keys.audit_head(shard))
    assert head is not None
    assert last is not None
    head.hash = last.hash
    alone(put(head))
    assert first_break() == (shard, int(last.sequence), "changed")
    with pytest.raises(ChainBroken):
        chain.anchor(DAY)


@pytest.mark.row("B13")
def test_a_day_deleted_whole_is_missed(that_day: time_machine.Traveller) -> None:
    filled()
    that_day.move_to(NOON + timedelta(days=1))
    chain.anchor(DAY)
    for found in entries().values():
        for entry in found:
            alone(delete(entry))
    assert {each.what for each in chain.verify(DAY).broken} == {"missing"}
    assert {each.sequence for each in chain.verify(DAY).broken} == {1}


@pytest.mark.row("B13")
def test_personal_values_can_be_erased_but_not_changed() -> None:
    told = []
    for _ in range(3):
        fact = a_fact("user.profile_changed")
        detail = {"before": {"bio": "old"}, "after": {"bio": "new"}}
        together(by_system("req_test"), fact=fact, result=None, detail=detail)
        told.append(fact)
    audit.append(told)
    assert all(each.detail_hash for found in entries().values() for each in found)
    assert all("old" not in json.dumps(each.serialize()) for found in entries().values() for each in found)
    assert chain.verify(DAY).broken == ()

    alone(delete(DetailRecord.under(keys.detail("usr_ada", told[0].id))))
    found = chain.verify(DAY)
    assert (found.broken, sum(each.erased for each in found.chains)) == ((), 1)

    changed = reads.one(DetailRecord, keys.detail("usr_ada", told[1].id))
    assert changed is not None
    changed.values = {"before": {}, "after": {}}
    alone(put(changed))
    (broken,) = chain.verify(DAY).broken
    assert (broken.fact_id, broken.what) == (told[1].id, "its detail was changed")


def test_the_chain_goes_on_over_midnight_and_each_day_verifies(that_day: time_machine.Traveller) -> None:
    filled(20)
    before = {shard: found[-1] for shard, found in entries().items() if found}
    that_day.move_to(NOON + timedelta(days=1))
    chain.anchor(DAY)
    late = a_fact(at=NOON)  # it happened yesterday and is written today
    audit.append([late, *(a_fact() for _ in range(20))])
    that_day.move_to(NOON + timedelta(days=2))
    filled(20)
    that_day.move_to(NOON + timedelta(days=3))
    for offset in range(-1, 4):
        assert chain.verify((NOON + timedelta(days=offset)).date().isoformat()).broken == ()
    for shard, found in entries("2026-03-11").items():
        if found and shard in before:
            assert (int(found[0].sequence), found[0].previous) == (
                int(before[shard].sequence) + 1,
                before[shard].hash,
            )


def test_a_day_without_entries_is_anchored_where_the_chain_stood(that_day: time_machine.Traveller) -> None:
    filled()
    that_day.move_to(NOON + timedelta(days=2))
    chain.anchor(DAY)
    assert chain.anchor("2026-03-11").anchored
    assert chain.anchored("2026-03-11") == chain.anchored(DAY)


def test_the_daily_clock_anchors_the_day_before_once(engine: House, that_day: time_machine.Traveller) -> None:
    filled()
    night = datetime(2026, 3, 11, 1, 10, tzinfo=UTC)
    that_day.move_to(night)
    assert engine.driver.fire("anchor_audit", night).answer == {"day": DAY, "done": True}
    assert engine.driver.fire("anchor_audit", night).answer == {"day": DAY, "done": False}
    assert chain.verify(DAY).anchored
    assert dead("schedules") == []


def test_a_broken_chain_fails_the_clock_and_is_told(engine: House, that_day: time_machine.Traveller) -> None:
    filled()
    _, found = longest()
    alone(delete(found[0]))
    night = datetime(2026, 3, 11, 1, 10, tzinfo=UTC)
    that_day.move_to(night)
    assert engine.driver.fire("anchor_audit", night).failed
    ((_, _),) = dead("schedules")
    assert chain.anchored(DAY) is None


def test_a_day_that_is_not_over_is_verified_and_not_locked(engine: House) -> None:
    filled()
    assert not chain.anchor(DAY).anchored
    assert chain.anchored(DAY) is None


def test_anchored_heads_are_written_once_and_locked(that_day: time_machine.Traveller) -> None:
    filled()
    that_day.move_to(NOON + timedelta(days=1))
    chain.anchor(DAY)
    chain.anchor(DAY)
    s3 = aws.client("s3")
    versions = s3.list_object_versions(Bucket=settings.audit_heads_bucket)["Versions"]
    assert [version["Key"] for version in versions] == [f"heads/{DAY}.json"]
    with pytest.raises(ClientError):
        s3.delete_object(
            Bucket=settings.audit_heads_bucket, Key=f"heads/{DAY}.json", VersionId=versions[0]["VersionId"]
        )


@pytest.mark.row("B13")
def test_the_command_names_the_first_broken_entry(capsys: pytest.CaptureFixture[str]) -> None:
    filled()
    assert verify_audit.main([DAY]) == 0
    assert "The chain holds: 40 entries." in capsys.readouterr().out
    shard, found = longest()
    alone(delete(found[1]))
    assert verify_audit.main([DAY]) == 1
    told = capsys.readouterr().out
    assert f"shard {shard}: {len(found) - 1} entries: shard {shard}, entry 2: missing" in told
    assert told.endswith("BROKEN\n")
    assert verify_audit.main(["yesterday"]) == 2


def test_random_damage_never_goes_unseen() -> None:
    random.seed(7)
    filled(60)
    whole = entries()
    for _ in range(25):
        shard, found = random.choice([each for each in whole.items() if len(each[1]) > 2])
        victim = random.choice(found)
        if random.random() < 0.5:
            alone(delete(victim))
            expected = "missing"
        else:
            forged: AuditEntry = AuditEntry.from_raw_data(victim.serialize())
            forged.name = "user.nothing"
            forged.hash = random.choice([victim.hash, forged.sealed()])
            alone(put(forged))
            expected = "changed"
        assert first_break() == (shard, int(victim.sequence), expected)
        alone(put(victim))
    assert chain.verify(DAY).broken == ()
    assert clock.now().date().isoformat() == DAY
