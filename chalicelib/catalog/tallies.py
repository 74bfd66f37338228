"""The numbers of a course that many people move: who learns, who has finished, how many have done each lesson.

`functions/fold_counters` counts, whoever shows a course's numbers reads. Those who have left a course stay in
`enrolled`, `completions` and `done`: a share of everybody who began tells where people stop, a share of those who
stayed would hide it.
"""

from collections.abc import Callable, Iterable, Sequence

from chalicelib.catalog.ids import is_course, place_of
from chalicelib.catalog.records import Tally
from chalicelib.table import counting, keys
from chalicelib.table.facts import Fact

COUNTER = "tally"


def tally(told: Iterable[Fact]) -> None:
    """Count these facts, each in the tally of its course. May be called twice with the same facts."""
    courses: dict[str, list[Fact]] = {}
    for fact in told:
        if concerns(fact):
            courses.setdefault(course_of(fact), []).append(fact)
    for course_id, facts in courses.items():
        counting.fold(COUNTER, empty(course_id), facts, _add)


def concerns(fact: Fact) -> bool:
    """Whether it moves the numbers of a course. A lesson may stand without one."""
    return fact.name in COUNTS and not (fact.name.startswith("lesson.") and fact.payload.get("course") is None)


def course_of(fact: Fact) -> str:
    """Refuses (ValueError, KeyError) a fact that does not say which course it is about."""
    course = fact.payload["course"]
    if not isinstance(course, str) or not is_course(course):
        raise ValueError(f"no course: {course!r:.80}")
    return course


def ordinal_of(fact: Fact) -> str:
    """Refuses (ValueError, KeyError) a fact that does not say which lesson it is about."""
    place = place_of(str(fact.payload["lesson"]))
    if place is None or place.ordinal is None:
        raise ValueError(f"no lesson of a course: {fact.payload['lesson']!r:.80}")
    return str(place.ordinal)


def require_countable(fact: Fact) -> Fact:
    """The fact, if it can be counted: one that cannot must not fail in the midst of a batch."""
    if concerns(fact):
        COUNTS[fact.name](empty(course_of(fact)), fact)
    return fact


def empty(course_id: str) -> Tally:
    made: Tally = Tally.under(keys.tally(course_id), course_id=course_id)
    return made


def done_of(tally: Tally | None, ordinals: Sequence[int]) -> list[int]:
    """How many people have done each of these lessons."""
    return [0 if tally is None else int(tally.done.get(str(ordinal), 0)) for ordinal in ordinals]


def _add(tally: Tally, fact: Fact) -> None:
    COUNTS[fact.name](tally, fact)


def _enrolled(tally: Tally, _: Fact) -> None:
    tally.enrolled = int(tally.enrolled) + 1
    tally.students = int(tally.students) + 1


def _came_back(tally: Tally, _: Fact) -> None:
    tally.students = int(tally.students) + 1


def _left(tally: Tally, _: Fact) -> None:
    tally.students = int(tally.students) - 1


def _completed(tally: Tally, _: Fact) -> None:
    tally.completions = int(tally.completions) + 1


def _did(tally: Tally, fact: Fact) -> None:
    _move(tally, ordinal_of(fact), 1)


def _reopened(tally: Tally, fact: Fact) -> None:
    _move(tally, ordinal_of(fact), -1)


def _move(tally: Tally, ordinal: str, by: int) -> None:
    """Told out of order, a number may be below nothing for a moment; one that is nothing is left out."""
    done = {**tally.done, ordinal: int(tally.done.get(ordinal, 0)) + by}
    tally.done = {number: times for number, times in done.items() if times}


#: What each fact does to the tally of its course.
COUNTS: dict[str, Callable[[Tally, Fact], None]] = {
    "enrollment.created": _enrolled,
    "enrollment.revived": _came_back,
    "enrollment.cancelled": _left,
    "enrollment.completed": _completed,
    "lesson.completed": _did,
    "lesson.reopened": _reopened,
}
