"""Counting facts: each one once in the tally of its course and in the figures of its day, whatever comes twice."""

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from chalicelib import clock
from chalicelib.catalog import tallies
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Tally
from chalicelib.insight import counting, figures
from chalicelib.insight.records import Figures
from chalicelib.messaging import router
from chalicelib.table import keys, reads
from chalicelib.table.facts import Fact
from functions import fold_counters
from infra.local.invocation import Killed
from tests.conftest import House
from tests.faults.injector import Fault, Injector, killed_after, killed_before, lost_acknowledgement
from tests.http.api import at_once
from tests.workers.doubles import a_fact, dead, happened, records

COURSE = "crs_01HZZZZZZZZZZZZZZZZZZZZZZZ"
NOON = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def fact(name: str, learner: int = 0, lesson: int = 0, course: str = COURSE, at: datetime = NOON) -> Fact:
    subject = f"enr_{course.removeprefix('crs_')}-{learner:026d}"
    payload = {"course": course, **({"lesson": lesson_of(course, lesson)} if lesson else {})}
    return a_fact(name, subject, at=at, payload=payload)


def some_learning() -> list[Fact]:
    """Three people enroll, one leaves, one comes back, two do lessons, one finishes and one starts a lesson again."""
    return [
        *(fact("enrollment.created", learner) for learner in (1, 2, 3)),
        fact("enrollment.cancelled", 2),
        fact("enrollment.cancelled", 3),
        fact("enrollment.revived", 3),
        *(fact("lesson.completed", learner, lesson) for learner in (1, 3) for lesson in (1, 2)),
        fact("lesson.reopened", 3, 2),
        fact("enrollment.completed", 1),
    ]


def counted() -> tuple[int, int, int, dict[str, int]]:
    tally = reads.one(Tally, keys.tally(COURSE))
    assert tally is not None
    return int(tally.students), int(tally.enrolled), int(tally.completions), dict(tally.done)


EXPECTED = (2, 3, 1, {"1": 2, "2": 1})


def deliver(facts: Sequence[Fact]) -> list[str]:
    event = records(*(router.message("count", each) for each in facts))
    answer = fold_counters.handler(event, SimpleNamespace())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.mark.row("M47")
def test_a_tally_is_what_a_recount_would_give() -> None:
    assert deliver(some_learning()) == []
    assert counted() == EXPECTED


def test_order_and_repeats_change_nothing() -> None:
    chance = random.Random(5)
    told = some_learning()
    deliveries = [*told, *chance.sample(told, 6)]
    chance.shuffle(deliveries)
    for start in range(0, len(deliveries), 4):
        deliver(deliveries[start : start + 4])
    deliver(told)
    assert counted() == EXPECTED


def test_the_same_fact_twice_in_a_batch_counts_once() -> None:
    one = fact("enrollment.created", 1)
    deliver([one, one])
    assert counted() == (1, 1, 0, {})


def test_workers_that_count_at_the_same_time_lose_nothing() -> None:
    told = [fact("lesson.completed", learner, 1) for learner in range(24)]
    at_once(6, lambda number: counting.count(told[number * 3 : number * 3 + 9]))
    assert counted()[3] == {"1": 24}
    assert figures.of(date(2026, 11, 20)) == {"lesson.completed": 24}


@pytest.mark.parametrize("fault", [killed_before, killed_after, lost_acknowledgement])
@pytest.mark.parametrize("place", range(6))
def test_a_fault_anywhere_loses_and_doubles_nothing(faults: Injector, fault: Fault, place: int) -> None:
    told = some_learning()
    faults.break_nth({place}, lambda _: True, fault)
    with suppress(Killed):
        deliver(told)
    faults.heal()
    deliver(told)
    assert counted() == EXPECTED
    assert figures.of(date(2026, 11, 20))["lesson.completed"] == 4
    assert figures.totals() == {"people": 0, "courses_published": 0, "enrollments": 2}


def test_one_transaction_counts_a_whole_batch_of_a_course(faults: Injector) -> None:
    deliver([fact("lesson.completed", learner, 1) for learner in range(10)])
    assert [trip.operation for trip in faults.trips] == [
        "BatchGetItem",
        "TransactWriteItems",
        "BatchGetItem",
        "TransactWriteItems",
    ]


def test_a_batch_larger_than_a_transaction_is_counted_in_several() -> None:
    counting.count([fact("lesson.completed", learner, 1) for learner in range(150)])
    assert counted()[3] == {"1": 150}


def test_courses_are_counted_apart() -> None:
    other = "crs_01HYYYYYYYYYYYYYYYYYYYYYYY"
    deliver([fact("enrollment.created", 1), fact("enrollment.created", 1, course=other)])
    assert counted()[0] == 1
    assert tallies.done_of(None, [1, 2]) == [0, 0]


def test_a_lesson_without_a_course_is_in_the_figures_and_in_no_tally() -> None:
    alone = a_fact("lesson.completed", "usr_ada", at=NOON, payload={"lesson": "les_01HZZZZZZZZZZZZZZZZZZZZZZZ"})
    assert deliver([alone]) == []
    assert figures.of(date(2026, 11, 20)) == {"lesson.completed": 1}


@pytest.mark.parametrize("payload", [{}, {"course": "crs_no"}, {"course": COURSE, "lesson": "les_x"}, {"course": 7}])
def test_a_fact_that_cannot_be_counted_is_buried_and_holds_nobody_up(payload: dict[str, object]) -> None:
    bad = a_fact("lesson.completed" if "lesson" in payload else "enrollment.created", "usr_ada", payload=payload)
    assert deliver([fact("enrollment.created", 1), bad, fact("enrollment.created", 2)]) == []
    assert counted()[0] == 2
    assert len(dead("counters")) == 1


@pytest.mark.row("M105")
def test_a_day_is_one_of_the_platforms_own_zone() -> None:
    late = datetime(2026, 11, 20, 18, 45, tzinfo=UTC)  # After midnight in India.
    counting.count([fact("enrollment.created", 1), fact("enrollment.created", 2, at=late)])
    assert figures.of(date(2026, 11, 20)) == {"enrollment.created": 1}
    assert figures.of(date(2026, 11, 21)) == {"enrollment.created": 1}


def test_a_days_figures_are_spread_and_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = iter(range(figures.SHARDS))
    monkeypatch.setattr(random, "randrange", lambda _: next(parts))
    for number in range(2):
        counting.count([fact("lesson.completed", number, 1)])
    found = [each for each in reads.all_of(keys.figures_of("2026-11-20")) if isinstance(each, Figures)]
    assert len(found) == 2
    assert figures.of(date(2026, 11, 20)) == {"lesson.completed": 2}


def course_fact(name: str, was: str) -> Fact:
    return a_fact(name, COURSE, payload={"was": was})


def test_published_courses_are_added_and_taken_away_once_each() -> None:
    told = [
        *(course_fact("course.published", "draft") for _ in range(5)),
        course_fact("course.unpublished", "published"),
        course_fact("course.archived", "published"),
        course_fact("course.archived", "draft"),
        course_fact("course.deleted", "published"),
        course_fact("course.deleted", "archived"),
    ]
    counting.count(told)
    assert figures.totals()["courses_published"] == 2


def test_people_come_and_go() -> None:
    counting.count([a_fact("user.registered"), a_fact("user.registered", "usr_eve"), a_fact("user.erased")])
    assert figures.totals()["people"] == 1


def test_a_fact_goes_from_the_table_through_its_queue_into_the_counters(clean: House) -> None:
    happened("user.registered", "usr_ada")
    clean.driver.settle()
    assert figures.totals()["people"] == 1
    assert figures.of(date.fromisoformat(figures.day_of(clock.now()))) == {"user.registered": 1}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"lines": {COURSE: 1}, "currency": "USD"},
        {"lines": {COURSE: "1"}, "currency": "USD", "teachers": {}, "shares": {}, "entries": []},
        {"lines": {}, "currency": "USD", "teachers": {}, "shares": ["usr_1"], "entries": []},
        {"lines": {}, "currency": "USD", "teachers": {}, "shares": {}, "entries": [["platform"]]},
        {"lines": {}, "currency": "USD", "teachers": {COURSE: "a#b"}, "shares": {}, "entries": []},
        {"lines": {}, "currency": "USD", "teachers": {}, "shares": {"usr_1": {COURSE: [1]}}, "entries": []},
    ],
)
def test_an_order_that_cannot_be_counted_is_buried_and_holds_up_no_other(payload: dict[str, object]) -> None:
    bad = a_fact("order.paid", "ord_1", at=NOON, payload=payload)
    assert deliver([bad, fact("enrollment.created", 1)]) == []
    assert counted() == (1, 1, 0, {})
    assert len(dead("counters")) == 1
