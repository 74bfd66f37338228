"""The release engine: a table of rules and dates, and what must hold for every mixture of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.index import openness
from chalicelib.catalog.records import Course, Gate, Lesson
from chalicelib.learning import release
from chalicelib.learning.access import REASONS, STRANGER, Access, Viewer
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.record import moment_text

COURSE = "crs_01JD00000000000000000000CA"
BEFORE = "crs_01JD00000000000000000000CB"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STUDENT = Viewer("usr_student")
OWNER = Viewer("usr_owner", is_owner=True)
ADMIN = Viewer("usr_admin", is_admin=True)


def day(number: float) -> datetime:
    """So many days after the enrollment."""
    return START + timedelta(days=number)


def gate(order: tuple[int, ...] = (1, 2, 3), previews: tuple[int, ...] = (), **values: Any) -> Gate:
    given: dict[str, Any] = {"title": "T", "slug": "t", "instructor_id": OWNER.id, "is_published": True} | values
    made: Gate = Gate.under(
        keys.gate(COURSE),
        course_id=COURSE,
        live=bitmaps.of(order),
        previews=bitmaps.of(previews),
        sequence=bitmaps.packed(order),
        curriculum_ver=1,
        **given,
    )
    return made


def enrolled(done: tuple[int, ...] = (), **values: Any) -> Enrollment:
    made: Enrollment = Enrollment.under(
        keys.enrollment("usr_student", COURSE),
        course_id=COURSE,
        user_id="usr_student",
        done=bitmaps.of(done),
        live=bitmaps.of((1, 2, 3)),
        **({"enrolled_at": START} | values),
    )
    return made


def opens(moment: datetime) -> dict[str, str]:
    return {"opens_at": moment_text(moment)}


def lessons(*ordinals: int) -> tuple[str, ...]:
    return tuple(lesson_of(COURSE, each) for each in ordinals)


LOCKED: Literal["locked"] = "locked"
PRICE = {"price_minor": 1999}


@dataclass(frozen=True)
class Row:
    """A course, a learner and a day; what lesson 2 answers."""

    course: Mapping[str, Any]
    expect: Access
    learner: Mapping[str, Any] | None = field(default_factory=dict)
    on: float = 1
    viewer: Viewer = STUDENT
    finished: frozenset[str] = frozenset()

    def judged(self) -> Access:
        enrollment = None if self.learner is None else enrolled(**self.learner)
        return release.lesson(gate(**self.course), 2, enrollment, self.viewer, day(self.on), self.finished)


ENROLLED = Access("full", "enrolled")
NOT_YET_7 = Access(LOCKED, "not_yet", day(7))
ORDER: dict[str, Any] = {"forced_order": True}
WEEK: dict[str, Any] = {"rules": {"2": {"after_days": 7}}}
FIXED: dict[str, Any] = {"rules": {"2": opens(day(7))}}
FIRST: dict[str, Any] = {"prerequisites": [BEFORE]}
MONTH: dict[str, Any] = {"access_days": 30}

TABLE = {
    # Nobody in particular.
    "free to a stranger": Row({}, Access("full", "free"), None, viewer=STRANGER),
    "priced to a stranger": Row(PRICE, Access(LOCKED, "payment_required"), None, viewer=STRANGER),
    "a preview to a stranger": Row(PRICE | {"previews": (2,)}, Access("preview", "preview"), None, viewer=STRANGER),
    "another lesson is the preview": Row(PRICE | {"previews": (3,)}, Access(LOCKED, "payment_required"), None),
    "free, in order, to a stranger": Row(ORDER, Access(LOCKED, "enrollment_required"), None, viewer=STRANGER),
    "free, with days, to a stranger": Row(WEEK, Access(LOCKED, "enrollment_required"), None, 400),
    "free, with a prerequisite, to a stranger": Row(FIRST, Access(LOCKED, "enrollment_required"), None),
    "free, with an end, to a stranger": Row(MONTH, Access(LOCKED, "enrollment_required"), None),
    "free, before the date, to a stranger": Row(FIXED, NOT_YET_7, None, viewer=STRANGER),
    "free, on the date, to a stranger": Row(FIXED, Access("full", "free"), None, 7, viewer=STRANGER),
    "unpublished to a stranger": Row({"is_published": False}, Access(LOCKED, "not_published"), None),
    "unpublished preview": Row({"is_published": False, "previews": (2,)}, Access(LOCKED, "not_published"), None),
    "a cancelled enrollment": Row(PRICE, Access(LOCKED, "payment_required"), {"status": "cancelled"}),
    # Enrolled.
    "enrolled": Row(PRICE, ENROLLED),
    "enrolled in what is no longer published": Row(PRICE | {"is_published": False}, ENROLLED),
    "in order, nothing done": Row(ORDER, Access(LOCKED, "lesson_order", None, lessons(1))),
    "in order, the one before done": Row(ORDER, ENROLLED, {"done": (1,)}),
    "in order, a later one done": Row(ORDER, Access(LOCKED, "lesson_order", None, lessons(1)), {"done": (3,)}),
    "in order, itself done before": Row(ORDER, ENROLLED, {"done": (2,)}),
    "in another order": Row(ORDER | {"order": (3, 2, 1)}, Access(LOCKED, "lesson_order", None, lessons(3))),
    "in order, a preview": Row(ORDER | PRICE | {"previews": (2,)}, Access("preview", "lesson_order", None, lessons(1))),
    "the seventh day has not come": Row(WEEK, NOT_YET_7, on=6.9),
    "the seventh day has come": Row(WEEK, ENROLLED, on=7),
    "the date has not come": Row(FIXED, NOT_YET_7, on=6.9),
    "the date has come": Row(FIXED, ENROLLED, on=7),
    "the later of two dates": Row({"rules": {"2": {"after_days": 3} | opens(day(7))}}, NOT_YET_7, on=1),
    "another lesson waits": Row({"rules": {"3": {"after_days": 7}}}, ENROLLED),
    "a prerequisite is missing": Row(FIRST, Access(LOCKED, "prerequisite", None, (BEFORE,))),
    "a prerequisite is finished": Row(FIRST, ENROLLED, finished=frozenset({BEFORE})),
    "the end has not come": Row(MONTH, ENROLLED, on=29.9),
    "the end has come": Row(MONTH, Access(LOCKED, "access_ended"), on=30),
    "ended, a preview": Row(MONTH | PRICE | {"previews": (2,)}, Access("preview", "access_ended"), on=30),
    "all at once": Row(ORDER | FIRST | FIXED, Access(LOCKED, "prerequisite", day(7), (BEFORE, *lessons(1)))),
    "finished: neither order nor prerequisite": Row(
        ORDER | FIRST, Access("full", "completed"), {"completed_at": day(1)}
    ),
    "finished: what opens later still does": Row(FIXED, NOT_YET_7, {"completed_at": day(1)}),
    "finished: the end still comes": Row(MONTH, Access(LOCKED, "access_ended"), {"completed_at": day(1)}, 30),
    # What the instructor allows.
    "unlocked": Row(ORDER | FIRST | FIXED | WEEK, ENROLLED, {"unlocked": True}),
    "unlocked does not move the end": Row(MONTH, Access(LOCKED, "access_ended"), {"unlocked": True}, 30),
    "a later end of one's own": Row(MONTH, ENROLLED, {"access_until": day(60)}, 45),
    "an earlier end of one's own": Row(MONTH | PRICE, Access(LOCKED, "access_ended"), {"access_until": day(2)}, 2),
    "an end where the course has none": Row(PRICE, Access(LOCKED, "access_ended"), {"access_until": day(2)}, 2),
    "an end where everybody may look": Row({}, Access("full", "free"), {"access_until": day(2)}, 2),
    # Who teaches it, and who runs the place.
    "the owner": Row(PRICE | ORDER | FIXED, Access("full", "owner"), None, viewer=OWNER),
    "the owner of a draft": Row({"is_published": False}, Access("full", "owner"), None, viewer=OWNER),
    "an administrator": Row(PRICE | ORDER | FIXED, Access("full", "admin"), None, viewer=ADMIN),
    "an owner who is enrolled": Row(ORDER, Access("full", "owner"), viewer=OWNER),
    # What is gone is gone for all.
    "a deleted course": Row({"is_deleted": True}, Access(LOCKED, "deleted"), viewer=OWNER),
    "a lesson that is not listed": Row({"order": (1, 3)}, Access(LOCKED, "deleted"), viewer=ADMIN),
}


@pytest.mark.row("B07", "X15")
@pytest.mark.parametrize("name", TABLE)
def test_a_rule_on_a_day_gives_this_access(name: str) -> None:
    assert TABLE[name].judged() == TABLE[name].expect


def test_what_is_missing_is_named_in_the_order_of_the_course_and_not_endlessly() -> None:
    long = gate(order=tuple(range(200, 0, -1)), forced_order=True)
    access = release.lesson(long, 1, enrolled(done=(199,)), STUDENT, day(1))
    assert access.missing == lessons(200, 198, 197, 196, 195)


@pytest.mark.parametrize(
    ("course", "learner", "expect"),
    [
        ({}, None, Access("full", "free")),
        (PRICE, None, Access(LOCKED, "payment_required")),
        (PRICE | {"previews": (1,)}, None, Access("preview", "payment_required")),
        (PRICE, {}, ENROLLED),
        (ORDER, {}, ENROLLED),
        (FIRST, {}, Access(LOCKED, "prerequisite", None, (BEFORE,))),
        (MONTH, {"enrolled_at": day(-40)}, Access(LOCKED, "access_ended")),
        ({}, {"completed_at": day(0)}, Access("full", "completed")),
    ],
)
def test_a_course_as_a_whole_says_whether_there_is_a_way_in(
    course: dict[str, Any], learner: dict[str, Any] | None, expect: Access
) -> None:
    enrollment = None if learner is None else enrolled(**learner)
    assert release.course(gate(**course), enrollment, STUDENT, day(1)) == expect


@pytest.mark.parametrize(
    ("learner", "viewer", "asked"),
    [
        (None, STUDENT, []),
        ({}, STUDENT, [BEFORE]),
        ({"status": "cancelled"}, STUDENT, []),
        ({"unlocked": True}, STUDENT, []),
        ({"completed_at": day(1)}, STUDENT, []),
        ({}, OWNER, []),
        ({}, ADMIN, []),
    ],
)
def test_other_courses_are_looked_at_only_where_they_can_decide(
    learner: dict[str, Any] | None, viewer: Viewer, asked: list[str]
) -> None:
    enrollment = None if learner is None else enrolled(**learner)
    assert release.to_finish(gate(prerequisites=[BEFORE]), enrollment, viewer) == asked


@pytest.mark.row("X14")
@pytest.mark.parametrize(
    ("values", "viewer", "expect"),
    [
        ({}, STRANGER, Access("full", "free")),
        ({"is_published": False}, STUDENT, Access(LOCKED, "not_published")),
        ({"is_published": False}, OWNER, Access("full", "owner")),
        ({"is_published": False}, ADMIN, Access("full", "admin")),
        ({"deleted_at": START}, OWNER, Access(LOCKED, "deleted")),
    ],
)
def test_a_lesson_without_a_course_is_open_when_it_is_published(
    values: dict[str, Any], viewer: Viewer, expect: Access
) -> None:
    assert release.alone(Lesson(kg_class="KG1", **values), viewer) == expect


OPENNESS = {"locked": 0, "preview": 1, "full": 2}
ANY_RULE = st.fixed_dictionaries(
    {}, optional={"after_days": st.integers(1, 20), "opens_at": st.integers(-5, 20).map(day).map(moment_text)}
)
ANY_COURSE = st.fixed_dictionaries(
    {
        "order": st.permutations((1, 2, 3, 4)).map(tuple),
        "previews": st.sets(st.integers(1, 4)).map(tuple),
        "price_minor": st.sampled_from((0, 500)),
        "is_published": st.booleans(),
        "forced_order": st.booleans(),
        "prerequisites": st.lists(st.sampled_from((BEFORE, COURSE[:-1] + "Z")), unique=True),
        "access_days": st.none() | st.integers(1, 20),
        "rules": st.dictionaries(st.sampled_from("1234"), ANY_RULE),
    }
)
ANY_LEARNER = st.fixed_dictionaries(
    {
        "done": st.sets(st.integers(1, 4)).map(tuple),
        "status": st.sampled_from(("active", "cancelled")),
        "completed_at": st.none() | st.just(day(1)),
        "access_until": st.none() | st.integers(1, 25).map(day),
        "unlocked": st.booleans(),
    }
)


@dataclass(frozen=True)
class Case:
    course: Mapping[str, Any]
    learner: Mapping[str, Any] | None
    viewer: Viewer
    finished: frozenset[str]
    on: int

    def openness(self) -> list[int]:
        one = gate(**self.course)
        enrollment = None if self.learner is None else enrolled(**self.learner)
        judged = [
            release.lesson(one, each, enrollment, self.viewer, day(self.on), self.finished) for each in range(1, 5)
        ]
        judged.append(release.course(one, enrollment, self.viewer, day(self.on), self.finished))
        return [OPENNESS[each.access] for each in judged]

    def with_more(self) -> list["Case"]:
        """The same case with one privilege more, for each there is."""
        more = [
            replace(self, viewer=self.viewer._replace(is_owner=True)),
            replace(self, viewer=self.viewer._replace(is_admin=True)),
            replace(self, finished=self.finished | {BEFORE}),
            replace(self, course={**self.course, "previews": (1, 2, 3, 4)}),
            replace(self, course={**self.course, "price_minor": 0}),
            replace(self, course={**self.course, "is_published": True}),
        ]
        if self.learner is None:
            return [*more, replace(self, learner={})]
        learner = self.learner
        grants: list[dict[str, Any]] = [
            {"status": "active"},
            {"unlocked": True},
            {"completed_at": day(1)},
            *({"done": (*learner["done"], each)} for each in range(1, 5)),
        ]
        if learner["access_until"]:
            grants.append({"access_until": learner["access_until"] + timedelta(days=3)})
        return more + [replace(self, learner={**learner, **grant}) for grant in grants]


ANY_CASE = st.builds(
    Case,
    ANY_COURSE,
    st.none() | ANY_LEARNER,
    st.sampled_from((STRANGER, STUDENT, OWNER, ADMIN)),
    st.frozensets(st.just(BEFORE)),
    st.integers(0, 25),
)


@pytest.mark.row("B07")
@settings(max_examples=400, deadline=None, derandomize=True)
@given(ANY_CASE)
def test_one_privilege_more_never_closes_anything(case: Case) -> None:
    before = case.openness()
    for more in case.with_more():
        assert all(after >= was for after, was in zip(more.openness(), before, strict=True)), more


@settings(max_examples=200, deadline=None, derandomize=True)
@given(ANY_CASE, st.integers(1, 4))
def test_a_lesson_that_is_not_fully_open_says_why_and_a_date_lies_ahead(case: Case, ordinal: int) -> None:
    enrollment = None if case.learner is None else enrolled(**case.learner)
    access = release.lesson(gate(**case.course), ordinal, enrollment, case.viewer, day(case.on), case.finished)
    assert access.reason in REASONS
    assert access.unlocks_at is None or (not access.is_full and access.unlocks_at > day(case.on))
    assert not (access.is_full and access.missing)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(ANY_CASE)
def test_in_forced_order_nothing_is_fully_open_behind_the_first_that_is_not_done(case: Case) -> None:
    learner = {"done": (), "unlocked": False, "completed_at": None, **(case.learner or {})}
    course = {**case.course, "forced_order": True, "price_minor": 500}
    if learner["unlocked"] or learner["completed_at"]:
        return
    one, enrollment = gate(**course), enrolled(**learner)
    undone = [each for each in course["order"] if each not in learner["done"]]
    for ordinal in undone[1:]:
        access = release.lesson(one, ordinal, enrollment, STUDENT, day(case.on), case.finished)
        assert not access.is_full


@pytest.mark.row("B07")
@settings(max_examples=300, deadline=None, derandomize=True)
@given(ANY_COURSE, st.integers(-6, 25))
def test_the_catalogue_says_to_strangers_what_the_engine_says(course: dict[str, Any], on: int) -> None:
    """The catalogue judges its pages without knowing learners; this holds the two judgements together."""
    values = {name: course[name] for name in ("price_minor", "forced_order", "prerequisites", "access_days")}
    one = gate(**{**course, "is_published": True})
    for ordinal in course["order"]:
        rule = course["rules"].get(str(ordinal), {})
        said = {"ordinal": ordinal, "title": "T", "preview": ordinal in course["previews"], **rule}
        judged = openness.of_lesson(Course(**values), said, day(on))
        access = release.lesson(one, ordinal, None, STRANGER, day(on))
        assert (judged.access, judged.reason, judged.until) == (access.access, access.reason, access.unlocks_at)


def test_the_guide_explains_every_reason() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/access.md").read_text("utf-8")
    assert [reason for reason in REASONS if f"`{reason}`" not in guide] == []
