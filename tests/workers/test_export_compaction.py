"""One row for each change, healed from the table, compared with its versions, and a failure that nobody overlooks."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.accounts import preferences, pseudonyms
from chalicelib.accounts.pseudonyms import Pseudonym
from chalicelib.accounts.records import User
from chalicelib.messaging import metrics
from chalicelib.ml import compaction, days, raw, reconciliation, truth
from chalicelib.ml.compaction import NotTaken
from chalicelib.ml.raw import Exported
from chalicelib.ml.rows import Row
from chalicelib.settings import settings
from chalicelib.table import acts, facts, keys, reads
from chalicelib.table.record import Record
from chalicelib.table.writes import alone, put
from tests.conftest import House
from tests.factories.exports import ACTIVITY, DAWN, DAY, compacted, pseudonym, raw_rows
from tests.faults.injector import Injector, unreachable
from tests.workers.doubles import a_fact
from tests.workers.exporting import NEXT, changed, changed_silently, compact, export, somebody, tomorrow


@pytest.fixture(autouse=True)
def dawn(clean: House) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(DAWN, tick=False) as traveller:
        yield traveller


@pytest.mark.row("X50")
def test_a_day_is_one_file_with_one_row_per_change_in_the_order_of_versions() -> None:
    told = somebody() + changed(times=4)
    random.Random(1).shuffle(told)
    for place, each in enumerate(told):
        export([each], first=place)
    found = compact()
    assert [row["ver"] for row in found.rows] == [1, 2, 3, 4, 5]
    assert list(found.rows[0]) == ["event", "pseudonym", "item", "ver", "what", "occurred", "roles", "tier"]


def test_the_manifest_explains_every_raw_row(dawn: time_machine.Traveller) -> None:
    told = somebody() + changed(times=9)
    export(told)
    export(told[:4])
    export(told[2:7])
    dawn.shift(timedelta(hours=1))
    export(told)
    manifest = compact().manifest
    assert (manifest.rows, manifest.distinct, manifest.repeats, manifest.objects) == (29, 10, 19, 4)
    assert (manifest.facts, manifest.healed, manifest.complete) == (10, 0, True)
    assert [tuple(span) for span in manifest.items.values()] == [(1, 10)]


@pytest.mark.row("K77")
def test_what_never_went_through_the_stream_is_taken_from_the_table() -> None:
    told = somebody() + changed(times=9)
    export(told[3:5])
    found = compact()
    assert found.versions(pseudonym("usr_ada")) == list(range(1, 11))
    assert (found.manifest.healed, found.manifest.complete) == (8, True)
    assert {row["sequence"] for row in raw_rows()} == {None, "100", "101"}


def test_the_same_changes_make_the_same_file_however_they_were_exported(clean: House) -> None:
    told = somebody() + changed(times=9)
    export(told)
    once = compact().manifest
    export(told[3:7], first=500)
    for each in reversed(told):
        export([each], first=900)
    again = compact().manifest
    assert (again.sha256, again.distinct, again.version) == (once.sha256, once.distinct, 2)
    assert (
        len(clean.cloud.client("s3").list_object_versions(Bucket=settings.ml_bucket, Prefix=once.file)["Versions"]) == 1
    )


def test_compacting_again_changes_nothing_where_nothing_has_changed(faults: Injector) -> None:
    export(somebody())
    before = compact().manifest
    faults.forget()
    assert compact().manifest == before
    assert [trip for trip in faults.names() if trip == "PutObject"] == []


def test_a_change_without_a_fact_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: Counter[str] = Counter()
    monkeypatch.setattr(metrics, "count", lambda name, amount=1: counted.update({name: amount}))
    somebody()
    changed_silently()
    changed(times=2)
    manifest = compact().manifest
    assert list(manifest.missing.values()) == [[2]]
    assert (manifest.complete, counted["ExportGaps"]) == (False, 1)


def test_a_silent_change_that_was_the_last_one_is_missing_too() -> None:
    somebody()
    changed_silently()
    assert list(compact().manifest.missing.values()) == [[2]]


def test_a_version_that_two_rows_tell_of_is_double() -> None:
    export(somebody())
    row = next(iter(truth.of(DAY, lambda: None).rows[ACTIVITY].values()))
    forged = Row(**{**{name: getattr(row, name) for name in row.__slots__}, "event": "evt_forged"})
    assert raw.write([Exported(forged, "7")], clock.now()) == []
    manifest = compact().manifest
    assert (list(manifest.double.values()), manifest.complete) == ([[1]], False)


def test_versions_go_on_where_they_stopped_the_last_time(dawn: time_machine.Traveller) -> None:
    somebody()
    changed(times=2)
    assert compact().manifest.complete
    changed_silently()
    tomorrow(dawn)
    changed()
    assert list(compact(NEXT).manifest.missing.values()) == [[4]]


def test_a_whole_life_over_several_days_is_complete(dawn: time_machine.Traveller) -> None:
    somebody()
    found = []
    for number in range(4):
        changed(times=number)
        day = clock.now().date().isoformat()
        found += compact(day).versions(pseudonym("usr_ada"))
        assert compacted(day).manifest.complete
        tomorrow(dawn) if number == 0 else dawn.shift(timedelta(days=1))
    assert found == [1, 2, 3, 4, 5, 6, 7]


def test_what_happened_after_midnight_is_no_gap_of_the_day_before(
    dawn: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody()
    morning = truth.of(DAY, lambda: None)
    tomorrow(dawn)
    changed(times=3)
    monkeypatch.setattr(truth, "of", lambda day, alive: morning)
    assert compact().manifest.complete


def test_a_gap_stays_in_the_manifest_until_it_is_filled(dawn: time_machine.Traveller) -> None:
    export(somebody())
    changed_silently()
    assert list(compact().manifest.missing.values()) == [[2]]
    assert list(compact().manifest.missing.values()) == [[2]]
    lost = a_fact("user.mail_preferences_changed", subject_ver=2)
    alone(put(facts.record(lost)))
    assert compact().manifest.complete


def gap_on_the_second_day(dawn: time_machine.Traveller) -> None:
    somebody()
    compaction.compact(DAY)
    tomorrow(dawn)
    changed_silently()
    changed()
    assert list(compact(NEXT).manifest.missing.values()) == [[2]]


def test_a_gap_before_the_first_row_of_a_day_is_found_again_without_the_manifest(
    clean: House, dawn: time_machine.Traveller
) -> None:
    gap_on_the_second_day(dawn)
    clean.cloud.client("s3").delete_object(Bucket=settings.ml_bucket, Key=f"manifests/{ACTIVITY}/{NEXT}.json")
    assert list(compact(NEXT).manifest.missing.values()) == [[2]]


def test_a_gap_stays_when_later_days_have_been_verified_since(dawn: time_machine.Traveller) -> None:
    gap_on_the_second_day(dawn)
    dawn.shift(timedelta(days=1))
    changed()
    assert compact("2027-03-04").manifest.complete
    with pytest.MonkeyPatch.context() as patch:
        whole = truth._hours
        patch.setattr(truth, "_hours", lambda begin, end: whole(begin, min(end, begin + timedelta(minutes=9))))
        assert list(compact(NEXT).manifest.missing.values()) == [[2]]


def test_a_damaged_object_stops_the_compaction(clean: House) -> None:
    export(somebody())
    (name,) = raw.objects(ACTIVITY, DAY)
    clean.cloud.client("s3").put_object(Bucket=settings.ml_bucket, Key=name, Body=raw.packed(b"{}\n"))
    with pytest.raises(raw.Damaged):
        compaction.compact(DAY)


def test_where_s3_refuses_to_heal_the_run_fails_and_the_next_one_heals(faults: Injector) -> None:
    somebody()
    faults.break_when(lambda trip: trip.operation == "PutObject", unreachable)
    with pytest.raises(NotTaken):
        compaction.compact(DAY)
    faults.heal()
    assert compact().manifest.complete


def test_of_two_compactions_at_once_the_slower_one_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told = somebody() + changed()
    export(told[:1])
    real = reconciliation.present

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(reconciliation, "present", real)
        compaction.compact(DAY)
        return real(*given)

    monkeypatch.setattr(reconciliation, "present", overtaken)
    export(told[1:])
    assert compact().versions(pseudonym("usr_ada")) == [1, 2]
    assert days.settled(DAY)


def test_columns_that_have_grown_make_the_longer_row_stay() -> None:
    zone = compaction.Zone([])
    for line in ({"event": "e", "a": 1, "b": 2}, {"event": "e", "a": 1}, {"event": "e", "a": 1, "b": 2}):
        zone.add({**line, "sequence": None, "exported": ""})
    assert (zone.rows, list(zone.distinct.values())) == (3, [{"event": "e", "a": 1, "b": 2}])


def test_somebody_erased_meanwhile_is_no_gap_and_gets_no_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    export(somebody() + changed(times=2))
    real = reads.versions

    def erased_then(wanted: Any) -> Any:
        found = real(wanted)
        for write in pseudonyms.cut("usr_ada", 4, clock.now()):
            alone(write)
        return {key: ver + 1 for key, ver in found.items()}

    monkeypatch.setattr(reads, "versions", erased_then)
    assert compact().manifest.complete
    assert reads.one(Pseudonym, keys.pseudonym("usr_ada")) is None


def test_every_change_of_a_person_leaves_a_fact_with_its_version(clean: House) -> None:
    """By the rules themselves: each version of each user item has its fact (I9)."""
    somebody()
    user = reads.one(User, keys.user("usr_ada"))
    act = acts.Act("usr_ada", clock.now(), "req_test", 1e12)
    for kinds in (["news"], ["news", "tips"], []):
        preferences.refuse(act, kinds)
    assert user is not None
    assert compact().versions(pseudonym("usr_ada")) == [1, 2, 3, 4]


def test_a_fact_that_cannot_be_read_does_not_hold_up_the_day() -> None:
    export(somebody())
    record: Record = facts.record(a_fact())
    image = {**record.serialize(), "at": {"S": "never"}}
    reads.call("put_item", TableName=settings.table_name, Item=image)
    assert compact().manifest.complete


def test_heads_that_move_at_once_all_arrive() -> None:
    """Two compactions, of different things of the same person, have read the same heads."""
    somebody()
    one, other = (dict(pseudonyms.known(["usr_ada"]))["usr_ada"] for _ in range(2))
    reconciliation._move(one, "usr_ada", ACTIVITY, "itm_one", DAY, 3)
    reconciliation._move(other, "usr_ada", "another", "itm_other", DAY, 5)
    heads = pseudonyms.known(["usr_ada"])["usr_ada"].heads
    assert {name: {item: head["ver"] for item, head in items.items()} for name, items in heads.items()} == {
        ACTIVITY: {"itm_one": 3},
        "another": {"itm_other": 5},
    }


def test_a_head_does_not_go_back_for_a_slower_compaction() -> None:
    somebody()
    early, late = (dict(pseudonyms.known(["usr_ada"]))["usr_ada"] for _ in range(2))
    for person_read, day, ver in ((late, NEXT, 9), (early, DAY, 4), (early, NEXT, 8)):
        reconciliation._move(person_read, "usr_ada", ACTIVITY, "itm_one", day, ver)
    assert pseudonyms.known(["usr_ada"])["usr_ada"].heads[ACTIVITY]["itm_one"] == {"day": NEXT, "ver": 9, "after": 0}
