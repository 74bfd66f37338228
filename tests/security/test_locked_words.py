"""Nobody reads a byte of a lesson that is not open to them, or does one out of order, by any door of the API.

A string that stands nowhere else is planted in every lesson and every draft. Then every route of the catalogue and of
learning is asked, in every way there is to ask, by everybody for whom the lessons are shut.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from app import app
from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Course
from chalicelib.learning import enrollments, ids
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys, reads
from chalicelib.table.record import Record
from chalicelib.table.writes import adjust, alone, together
from chalicelib.web.routes import Route
from tests.factories import courses
from tests.security import crew
from tests.security.client import Answer, Api
from tests.security.crew import Person

if TYPE_CHECKING:
    from tests.conftest import House

#: Letters only, so that a search could find it if it were indexed.
CANARY = "zzcanaryzz"
DOMAINS = ("chalicelib.catalog.", "chalicelib.learning.", "chalicelib.insight.")
LOCKED = (2, 3)
#: What a device could send to have a lesson done.
DOORS: tuple[dict[str, Any], ...] = (
    {},
    {"completed": True},
    {"is_completed": True},
    {"status": "completed"},
    {"position": 5, "seconds": 5},
    {"lesson": "<lesson>"},
    {"lesson_id": "<lesson>"},
    {"lesson": "<lesson>", "completed": True},
    {"lesson": "<lesson>", "is_completed": True, "course": "<course>"},
)


def planted(instructor: Person, **rules: Any) -> Course:
    """A course in which the first lesson shows nothing, and the others hold what must not be seen."""
    course = courses.a_course(instructor.id, 1, **rules)
    for _ in LOCKED:
        courses.a_lesson(course.id, instructor.id, content=f"It says {CANARY}.", media_url=f"https://x.org/{CANARY}")
    return courses.course_now(course.id)


def draft(instructor: Person) -> Course:
    """A course of which nothing may be seen, its titles included."""
    said: dict[str, Any] = {"title": f"{CANARY} one", "description": CANARY, "subtitle": CANARY, "outcomes": [CANARY]}
    course = courses.a_draft(instructor.id, **said)
    courses.a_lesson(course.id, instructor.id, title=CANARY, content=CANARY)
    return courses.course_now(course.id)


def enrolled(person: Person, course: Course, **state: Any) -> None:
    case = enrollments.case_of(reads.many(enrollments.wanted(person.id, course.id)), person.id, course.id)
    granted = enrollments.granting(courses.act(person.id), case)
    together(courses.act(person.id), *granted.writes, fact=granted.fact, result=None)
    for name, value in state.items():
        alone(adjust(granted.enrollment, getattr(Enrollment, name).set(value), where=Record.pk.exists()))


def routes() -> list[Route]:
    return [route for route in app.operations if route.view.__module__.startswith(DOMAINS)]


def paths(route: Route, reader: Person | None, course: Course, lesson: int) -> str:
    """The route about this lesson. What it is not about gets an id that nobody has."""
    own = reader.id if reader else "usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
    values = {
        "course_id": str(course.id),
        "lesson_id": lesson_of(course.id, lesson),
        "enrollment_id": ids.enrollment_of(own, course.id),
        "progress_id": ids.progress_of(own, course.id, lesson),
        "user_id": own,
    }
    return re.sub(r"{(\w+)}", lambda found: values.get(found[1], "unknown"), route.path)


def asked(api: Api, route: Route, path: str, token: str | None) -> Iterator[Answer]:
    """Plainly, for what has changed, and for whatever is like the secret."""
    yield api.get(path, token=token)
    yield api.get(path, token=token, if_none_match="*")
    if route.query is not None:
        for name in {"q", "search", "fields", "course", "facets"} & set(accepted(route)):
            value = {"fields": "content,media_url,title,description", "facets": "true"}.get(name, CANARY)
            yield api.get(f"{path}?{name}={value}", token=token)


def accepted(route: Route) -> Iterator[str]:
    for name, field in (route.query.model_fields if route.query else {}).items():
        yield from [name, *getattr(field.validation_alias, "choices", ())]


@pytest.fixture
def instructor(clean: "House") -> Person:
    return crew.join("instructor", "instructor")


@pytest.fixture
def shut(instructor: Person) -> dict[str, tuple[Person | None, Course]]:
    """Everybody to whom lessons are shut, each with a course in which they are."""
    priced = planted(instructor, price_minor=1999)
    ordered = planted(instructor, forced_order=True)
    ended = planted(instructor, access_days=1)
    waiting = planted(instructor, prerequisites=[str(priced.id)])
    learner, left, late, early = (crew.join(name) for name in ("learner", "left", "late", "early"))
    enrolled(learner, ordered)
    enrolled(left, priced, status="cancelled")
    enrolled(late, ended, enrolled_at=ended.created_at.replace(year=2024))
    enrolled(early, waiting)
    return {
        "anonymous": (None, priced),
        "a student": (crew.join("student"), priced),
        "a student of a course in order": (learner, ordered),
        "a student who left": (left, priced),
        "a student whose time is over": (late, ended),
        "a student who lacks a prerequisite": (early, waiting),
        "another instructor": (crew.join("rival", "instructor"), priced),
        "anybody about a draft": (crew.join("curious"), draft(instructor)),
        "another instructor about a draft": (crew.join("spy", "instructor"), draft(instructor)),
    }


@pytest.mark.row("X15", "E27", "B07")
def test_no_answer_to_anybody_has_a_byte_of_what_is_locked(
    api: Api, clean: "House", shut: dict[str, tuple[Person | None, Course]]
) -> None:
    clean.driver.settle()
    leaks, answered = set(), 0
    for who, (reader, course) in shut.items():
        token = reader.access if reader else None
        for route in routes():
            if route.method != "GET":
                continue
            for answer in asked(api, route, paths(route, reader, course, LOCKED[0]), token):
                assert answer.status < 500, (route.path, answer.body)
                answered += answer.status == 200
                if CANARY in answer.everything().replace(f"q={CANARY}", "").replace(f"search={CANARY}", ""):
                    leaks.add(f"{who} reads it from {route.path}")
    assert leaks == set()
    assert answered > 50


@pytest.mark.row("X15")
def test_the_canaries_are_really_planted(api: Api, instructor: Person) -> None:
    course = planted(instructor, price_minor=1999)
    owned = api.get(f"/api/v1/lessons/{lesson_of(course.id, LOCKED[0])}", token=instructor.access)
    assert CANARY in owned.json()["content"]
    assert CANARY in owned.json()["media_url"]


@pytest.mark.row("B07")
def test_no_door_does_a_lesson_out_of_its_order(api: Api, instructor: Person) -> None:
    course = planted(instructor, forced_order=True)
    learner = crew.join("learner")
    enrolled(learner, course)
    tried = 0
    for route in routes():
        if route.method == "GET" or route.method == "DELETE":
            continue
        for lesson in LOCKED:
            path = paths(route, learner, course, lesson)
            for door in DOORS:
                body = {
                    name: {"<lesson>": lesson_of(course.id, lesson), "<course>": str(course.id)}.get(str(value), value)
                    for name, value in door.items()
                }
                answer = api.call(route.method, path, body, token=learner.access)
                assert answer.status < 500, (route.path, answer.body)
                assert CANARY not in answer.everything(), route.path
                tried += 1
    kept = reads.one(Enrollment, keys.enrollment(learner.id, course.id))
    assert kept
    assert list(bitmaps.numbers(kept.done)) in ([], [1])
    assert tried > 50
