"""Rows F14 and F15: the ML side's reader of the stream sees records twice, cut, halved and overlapping; S3 is away.

The world is a thousand changes, or a part of it, written straight into the table in the order of their versions: of
twenty people's accounts and of twenty people's enrollments, so of two datasets.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from chalicelib import aws, clock
from chalicelib.accounts.pseudonyms import OWN_ACCOUNT, Pseudonym
from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.learning import ids
from chalicelib.learning.records import Enrollment
from chalicelib.ml import compaction, raw, truth
from chalicelib.ml.manifests import Manifest
from chalicelib.settings import settings
from chalicelib.table import facts, keys
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record
from functions import export_for_ml
from infra.local.invocation import Killed
from infra.local.shards import Record as StreamRecord
from infra.local.stream_source import StreamSource
from tests.factories.exports import ACTIVITY, compacted, raw_rows
from tests.factories.people import user
from tests.faults import learning_ledger, ledger
from tests.faults.injector import Kill, Trip, throttled
from tests.faults.lab import Lab
from tests.faults.table import Rounds, fault_row
from tests.workers.doubles import dead

EACH = 25
CHANGES = 40 * EACH
#: Nobody in this world signs in, reads letters or has a history: it is about exports only.
ELSEWHERE = {
    ledger.names_and_people_point_at_one_another,
    ledger.standings_agree_with_their_people,
    ledger.each_fact_was_acknowledged,
    ledger.each_letter_was_dealt_with,
    ledger.each_fact_is_in_the_audit_once,
    ledger.figures_are_what_a_recount_gives,
    ledger.tallies_are_what_a_recount_gives,
    learning_ledger.each_enrollment_is_one_with_one_entry_in_its_roster,
    learning_ledger.whoever_never_began_is_on_the_list_for_it,
    learning_ledger.days_count_no_lesson_that_was_not_done,
    learning_ledger.totals_are_what_a_recount_finds,
}
LEARNING = "lesson_interactions_raw"
COURSE = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"


@ledger.invariant
def pseudonyms_are_of_people_who_are_somebody(world: ledger.World) -> Iterator[str]:
    """I12: an erasure cuts the name, and only a tombstone knows it then."""
    names = {item["pk"].removeprefix("PSEUDONYM#"): item["pseudonym"] for item in world.all("pseudonym")}
    yield from (f"pseudonym of somebody erased: {id}" for id in names if id in world.people and id not in world.living)
    buried = {item["pseudonym"] for item in world.all("tombstone")}
    yield from (f"buried alive: {name}" for name in names.values() if name in buried)


@dataclass(frozen=True)
class World:
    """By dataset who is in it, by pseudonym with how many versions, and the day of it all."""

    day: str
    versions: dict[str, dict[str, int]]


def world(lab: Lab, chance: random.Random, changes: int = CHANGES, poison: dict[str, Any] | None = None) -> World:
    lab.expected.meaningless |= ELSEWHERE
    versions: dict[str, dict[str, int]] = {ACTIVITY: {}, LEARNING: {}}
    items: list[Record] = []
    told: list[Fact] = []
    for number in range(changes // EACH):
        somebody = user(f"person{number}")
        learns = number % 2 == 1
        somebody.ver = 1 if learns else EACH
        name: Pseudonym = Pseudonym.under(
            keys.pseudonym(somebody.id),
            pseudonym=clock.random_id("psn"),
            salt=clock.random_id("slt"),
            scopes=list(OWN_ACCOUNT),
        )
        items += [somebody, name, *([an_enrollment(somebody.id)] if learns else [])]
        versions[LEARNING if learns else ACTIVITY][name.pseudonym] = EACH
        told += [(a_step if learns else a_change)(somebody.id, ver) for ver in range(1, EACH + 1)]
    records = [facts.record(each) for each in shuffled(told, chance)]
    write_all([*items, *records[:50]])
    if poison:
        aws.client("dynamodb").put_item(TableName=settings.table_name, Item=poison)
    write_all(records[50:])
    return World(clock.now().date().isoformat(), versions)


def a_change(person: str, ver: int) -> Fact:
    at = clock.now() - timedelta(minutes=4) + timedelta(seconds=ver)
    return Fact(clock.new_id("fct"), "user.profile_changed", person, person, at, "req_test", subject_ver=ver)


def an_enrollment(person: str) -> Enrollment:
    lessons = bitmaps.of(range(1, 10))
    made: Enrollment = Enrollment.under(
        keys.enrollment(person, COURSE),
        id=ids.enrollment_of(person, COURSE),
        ver=EACH,
        user_id=person,
        course_id=COURSE,
        instructor_id=person,
        course_title="Waves",
        enrolled_at=clock.now(),
        done=lessons,
        live=lessons,
        curriculum_ver=1,
    )
    return made


def a_step(person: str, ver: int) -> Fact:
    """A learner does a lesson, and opens it again."""
    name = "enrollment.created" if ver == 1 else "lesson.completed" if ver % 2 == 0 else "lesson.reopened"
    step = {"lesson": lesson_of(COURSE, 1), "ordinal": 1, "percentage": 11.11} if ver > 1 else {"via": "free"}
    told = a_change(person, ver)
    return replace(told, name=name, subject=ids.enrollment_of(person, COURSE), payload={"course": COURSE, **step})


def shuffled(changes: list[Fact], chance: random.Random) -> list[Fact]:
    """Mixed among people, never within one: so do streams keep order."""
    order = [change.subject for change in changes]
    chance.shuffle(order)
    queues = {subject: [each for each in changes if each.subject == subject] for subject in set(order)}
    return [queues[subject].pop(0) for subject in order]


def write_all(records: Sequence[Record]) -> None:
    for start in range(0, len(records), 25):
        batch = [{"PutRequest": {"Item": record.serialize()}} for record in records[start : start + 25]]
        answer = aws.client("dynamodb").batch_write_item(RequestItems={settings.table_name: batch})
        assert not answer["UnprocessedItems"]


@contextmanager
def hours_of_the_round() -> Iterator[None]:
    """A whole day is 5,760 queries; read only the part of it in which anything can have happened."""
    whole: Callable[[datetime, datetime], Iterator[list[str]]] = truth._hours
    start = clock.now()
    first, last = start - timedelta(minutes=10), start + timedelta(minutes=30)
    with patch.object(truth, "_hours", lambda begin, end: whole(max(begin, first), min(end, last))):
        yield


def exporter(lab: Lab) -> StreamSource:
    source = lab.house.driver.source("export_for_ml")
    assert isinstance(source, StreamSource)
    return source


def drain(source: StreamSource) -> None:
    while source.step():
        pass


@dataclass(frozen=True)
class Checked:
    """What the manifests of the day say together."""

    healed: int
    repeats: int
    hashes: list[str]


def checked(of: World) -> Checked:
    compaction.compact(of.day)
    found = [checked_dataset(of, name) for name in of.versions]
    return Checked(
        sum(each.healed for each in found), sum(each.repeats for each in found), [each.sha256 for each in found]
    )


def checked_dataset(of: World, name: str) -> Manifest:
    """Missing 0, double 0, each version of each item once and in order; every raw row is explained."""
    found, versions = compacted(of.day, name), of.versions[name]
    manifest, lines = found.manifest, raw_rows(of.day, name)
    assert manifest.complete, (manifest.missing, manifest.double)
    assert {name: found.versions(name) for name in versions} == {
        name: list(range(1, last + 1)) for name, last in versions.items()
    }
    assert (manifest.rows, manifest.distinct) == (len(lines), sum(versions.values()))
    assert manifest.repeats == sum(times - 1 for times in Counter(line["event"] for line in lines).values())
    assert [row["event"] for row in found.rows] == list(dict.fromkeys(row["event"] for row in found.rows))
    return manifest


def all_raw(day: str) -> list[dict[str, Any]]:
    return [*raw_rows(day), *raw_rows(day, LEARNING)]


@fault_row(
    "F14",
    "batches twice, cut, halved, overlapping, killed after writing",
    rounds=Rounds(reduced=2, full=20, test=1),
    goal="1,000 changes: missing 0, double 0, nothing healed, raw rows explained; the same bytes again",
)
def delivered_in_pieces(lab: Lab, chance: random.Random) -> int:
    here, source = world(lab, chance), exporter(lab)
    source.arrange = lambda records: dealt(records, chance)
    source.find = lambda name: stumbling(chance)
    drain(source)
    with hours_of_the_round():
        found = checked(here)
        assert found.healed == 0
        assert found.repeats > 0
        source.rewind()
        drain(source)
        assert checked(here).hashes == found.hashes
    return CHANGES


def dealt(records: Sequence[StreamRecord], chance: random.Random) -> Iterator[Sequence[StreamRecord]]:
    """Batches of any size, some of them again, some beginning before the one before ended."""
    start = 0
    while start < len(records):
        end = start + chance.choice((1, 7, 40, 100, 250))
        yield records[start:end]
        if chance.random() < 0.3:
            yield records[max(0, start - chance.randrange(10)) : end]
        start = end


def stumbling(chance: random.Random) -> Callable[[Any, Any], Any]:
    """The handler as it fares: it fails before or after its work, reports a failure in the middle, or runs twice."""

    def handler(event: Any, context: Any) -> Any:
        fate = chance.random()
        if fate < 0.1:
            raise RuntimeError("before")
        answer = export_for_ml.handler(event, context)
        if fate < 0.25:
            raise chance.choice((RuntimeError, Killed))("after")
        if fate < 0.4:
            cut = chance.choice(event["Records"])["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": cut}]}
        return export_for_ml.handler(event, context) if fate < 0.5 else answer

    return handler


@fault_row(
    "F14",
    "one batch cut at each of its positions",
    rounds=Rounds(reduced=1, full=5, test=1),
    goal="whatever came back after the cut is there once",
)
def cut_at_each_position(lab: Lab, chance: random.Random) -> int:
    here, source = world(lab, chance, 8 * EACH), exporter(lab)
    records: list[StreamRecord] = []
    source.arrange = lambda found: records.extend(found) or [found]  # type: ignore[func-returns-value]
    drain(source)
    batch = records[: 2 * EACH]
    for cut in range(len(batch)):
        for part in (batch[:cut], batch[cut:]):
            assert export_for_ml.handler({"Records": part}, None) == {"batchItemFailures": []}
    with hours_of_the_round():
        assert checked(here).healed == 0
    return len(batch)


@fault_row(
    "F14",
    "compaction killed at any of its calls, then run again",
    rounds=Rounds(reduced=2, full=20, test=1),
    goal="the next run ends with every version once",
)
def compaction_killed(lab: Lab, chance: random.Random) -> int:
    here, source = world(lab, chance, 8 * EACH), exporter(lab)
    drain(source)
    with hours_of_the_round():
        for _ in range(10):
            lab.injector.heal()
            lose_some(here.day, chance)
            lab.injector.kill_at(Kill(chance.randrange(12) if chance.random() < 0.5 else chance.randrange(250), True))
            with suppress(Killed):
                compaction.compact(here.day)
            lab.injector.heal()
            checked(here)
    return 10


def lose_some(day: str, chance: random.Random) -> None:
    """An object of the raw zone is lost, so that there is something to heal."""
    names = [name for dataset in (ACTIVITY, LEARNING) for name in raw.objects(dataset, day)]
    aws.client("s3").delete_object(Bucket=settings.ml_bucket, Key=chance.choice(names))


def of_objects(trip: Trip) -> bool:
    return trip.operation == "PutObject"


@fault_row(
    "F15",
    "one poison record; S3 away for 10 minutes",
    rounds=Rounds(reduced=1, full=10, test=1),
    goal="1,000 exported, 1 buried whole, once; no record given up",
)
def poison_and_outage(lab: Lab, chance: random.Random) -> int:
    poison = poisoned()
    here, source = world(lab, chance, poison=poison), exporter(lab)
    source.arrange = lambda records: [records[start : start + 100] for start in range(0, len(records), 100)]
    lab.injector.break_when(of_objects, throttled)
    until = clock.now() + timedelta(minutes=10)
    while clock.now() < until:
        source.step()
        lab.clock.shift(max(source.pause(), 0.1))
    assert all_raw(here.day) == []
    lab.injector.heal()
    drain(source)
    assert len({line["event"] for line in all_raw(here.day)}) == CHANGES
    ((body, reason),) = dead("exports")
    assert json.loads(body)["NewImage"] == poison
    assert reason is not None
    assert reason.startswith("Illegible")
    with hours_of_the_round():
        assert checked(here).healed == 0
    return CHANGES


def poisoned() -> dict[str, Any]:
    """One more record, which is a fact by its kind and nothing else; it comes early in the stream."""
    return {**facts.record(a_change("usr_nobody", 1)).serialize(), "at": {"S": "never"}}


@fault_row(
    "F15",
    "S3 away for longer than the stream waits",
    rounds=Rounds(reduced=1, full=10, test=1),
    goal="positions in the on-failure queue; every row taken from the table in the night",
)
def outage_without_end(lab: Lab, chance: random.Random) -> int:
    with hours_of_the_round():
        here, source = world(lab, chance, 8 * EACH), exporter(lab)
        lab.injector.break_when(of_objects, throttled)
        source.step()
        lab.clock.shift(timedelta(hours=7))
        drain(source)
        lab.injector.heal()
        letters = [json.loads(body) for body, _ in dead("exports")]
        assert sum(letter["DDBStreamBatchInfo"]["batchSize"] for letter in letters) == 8 * EACH
        assert {letter["requestContext"]["condition"] for letter in letters} == {"RecordAgeExceeded"}
        assert all_raw(here.day) == []
        assert checked(here).healed == 8 * EACH
    return 8 * EACH
