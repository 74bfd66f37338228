"""Which of the next actions comes first, and which lessons have opened lately. Without a table."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.catalog import bitmaps
from chalicelib.catalog.records import Gate
from chalicelib.insight.actions import URGENCY, Action, Kind, ordered
from chalicelib.learning import openings
from chalicelib.learning.records import Enrollment
from chalicelib.table.record import moment_text

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.row("B10")


def action(kind: Kind, link: str, **moments: Any) -> Action:
    return Action(kind=kind, reason="because", title="A thing", link=link, **moments)


IN_ORDER = [
    action("goal_overdue", "/goals/1", since=NOW - DAY),
    action("goal_overdue", "/goals/2", since=NOW - 2 * DAY),
    action("goal_at_risk", "/goals/3", until=NOW + DAY),
    action("goal_at_risk", "/goals/4", until=NOW + 2 * DAY),
    action("lesson_unlocked", "/lessons/1", since=NOW - DAY),
    action("lesson_unlocked", "/lessons/2", since=NOW - 2 * DAY),
    action("resume_course", "/lessons/3", since=NOW - DAY),
    action("resume_course", "/lessons/4"),
    action("resume_course", "/lessons/5"),
    action("goal_inactive", "/goals/5", since=NOW - 9 * DAY),
    action("goal_inactive", "/goals/6", since=NOW - 8 * DAY),
]


def test_the_order_is_that_of_urgency_whatever_comes_in_first() -> None:
    assert {each.kind for each in IN_ORDER} == set(URGENCY)
    assert ordered(reversed(IN_ORDER), 20) == IN_ORDER
    assert all(ordered(some, 20) == IN_ORDER[6:] for some in permutations(IN_ORDER[6:]))


def test_only_the_most_urgent_are_listed() -> None:
    assert ordered(reversed(IN_ORDER), 3) == IN_ORDER[:3]


def test_what_leads_to_the_same_place_is_listed_once() -> None:
    news, same = IN_ORDER[4], action("resume_course", "/lessons/1", since=NOW)
    assert ordered([same, news], 20) == [news]


def gate(**rules: dict[str, Any]) -> Gate:
    numbers = [3, 1, 2]
    return Gate(
        course_id="crs_1",
        live=bitmaps.of(numbers),
        sequence=bitmaps.packed(numbers),
        rules={name.removeprefix("n"): rule for name, rule in rules.items()},
    )


def enrollment(**said: Any) -> Enrollment:
    values: dict[str, Any] = {"done": bitmaps.of(()), "enrolled_at": NOW - 30 * DAY, "unlocked": False}
    return Enrollment(**values | said)


def lately(of: Gate, by: Enrollment) -> list[tuple[int, datetime]]:
    return [tuple(each) for each in openings.lately(of, by, NOW - 7 * DAY, NOW)]  # type: ignore[misc]


def at(days: int) -> str:
    return moment_text(NOW + days * DAY)


@pytest.mark.parametrize(
    ("rule", "opened"),
    [
        ({"opens_at": at(-1)}, NOW - DAY),
        ({"opens_at": at(0)}, NOW),
        ({"opens_at": at(1)}, None),
        ({"opens_at": at(-7)}, None),
        ({"opens_at": at(-8)}, None),
        ({"after_days": 29}, NOW - DAY),
        ({"after_days": 31}, None),
        ({"after_days": 20}, None),
        ({"after_days": 29, "opens_at": at(-3)}, NOW - DAY),
        ({"after_days": 29, "opens_at": at(3)}, None),
        ({"after_days": 5, "opens_at": at(-3)}, NOW - 3 * DAY),
    ],
)
def test_a_lesson_opens_when_the_last_of_its_dates_has_come(rule: dict[str, Any], opened: datetime | None) -> None:
    assert lately(gate(n1=rule), enrollment()) == ([(1, opened)] if opened else [])


def test_news_come_in_the_order_of_the_course_without_what_is_done() -> None:
    three = gate(n1={"opens_at": at(-1)}, n2={"opens_at": at(-2)}, n3={"opens_at": at(-3)})
    assert [number for number, _ in lately(three, enrollment())] == [3, 1, 2]
    assert [number for number, _ in lately(three, enrollment(done=bitmaps.of([1])))] == [3, 2]


def test_who_may_open_everything_sees_nothing_opening() -> None:
    assert lately(gate(n1={"opens_at": at(-1)}), enrollment(unlocked=True)) == []
