"""The flows of authors, and of the catalogue that follows them: from a draft to a course that is found, and is gone."""

from typing import Any

from chalicelib.catalog import bitmaps, curricula
from chalicelib.catalog.index import building
from chalicelib.catalog.records import IndexPointer
from chalicelib.table.writes import alone, delete
from infra.local.gateway import Reply
from tests.factories import courses
from tests.factories.people import verified
from tests.faults.flows import Cast, Go, flow
from tests.faults.lab import Lab
from tests.faults.people_flows import firing, keyed, settling

WORDS = {"content": "Some words.", "minutes": 5}


def author(lab: Lab) -> Cast:
    me = lab.api.member(lab.named("tara"), email=lab.address("tara"), roles=("instructor",))
    verified(me.id)
    return {"me": me}


def draft(lab: Lab) -> Cast:
    """A course of three lessons that nobody else sees."""
    cast = author(lab)
    return {**cast, "course": courses.a_draft(cast["me"].id, lessons=3, title=lab.named("Waves")).id}


def published(lab: Lab) -> Cast:
    """A course that is in the catalogue."""
    cast = draft(lab)
    courses.edited(cast["course"], status="published")
    lab.settle()
    return cast


def lessons_of(cast: Cast) -> list[str]:
    """The ids of all lessons in their order."""
    course = cast["course"]
    listed = curricula.ordinals(courses.edition_now(course).plan)
    return [f"les_{course.removeprefix('crs_')}-{ordinal}" for ordinal in listed]


def authoring(method: str, path: str, body: Any = None, **headers: str) -> Go:
    """`{course}` and `{lesson}`, its first, stand for the ids."""

    def go(lab: Lab, cast: Cast, key: str | None) -> Reply:
        names = {"course": cast.get("course", ""), "lesson": cast.get("lesson", "")}
        said = body(cast) if callable(body) else body
        return lab.api.call(method, path.format(**names), said, token=cast["me"].access, **headers, **keyed(key))

    return go


def with_first_lesson(lab: Lab) -> Cast:
    cast = published(lab)
    return {**cast, "lesson": lessons_of(cast)[0]}


def turned(lab: Lab) -> Cast:
    """The order that is wished for, whatever it was before."""
    cast = draft(lab)
    return {**cast, "order": lessons_of(cast)[::-1]}


def edit_of_version(lab: Lab, cast: Cast, key: str | None) -> Reply:
    """Of the course as its author read it."""
    tag = cast.setdefault("tag", lab.api.get(f"/courses/{cast['course']}", token=cast["me"].access).header("etag"))
    path, headers = f"/courses/{cast['course']}", {"if_match": str(tag), **keyed(key)}
    return lab.api.patch(path, {"title": "Waves and light"}, token=cast["me"].access, **headers)


def has_lessons(number: int) -> Any:
    def holds(lab: Lab, cast: Cast) -> None:
        course = courses.course_now(cast["course"])
        gate = lab.item(f"COURSE#{cast['course']}", "GATE")
        assert (int(course.lessons), bitmaps.count(bytes(gate["live"]))) == (number, number)

    return holds


def has_status(status: str) -> Any:
    def holds(_: Lab, cast: Cast) -> None:
        assert courses.course_now(cast["course"]).status == status

    return holds


def is_turned(_: Lab, cast: Cast) -> None:
    assert lessons_of(cast) == cast["order"]


def is_deleted(_: Lab, cast: Cast) -> None:
    assert courses.course_now(cast["course"]).deleted_at is not None


def has_own_numbers(_: Lab, cast: Cast) -> None:
    """At least one batch is listed, each lesson under a number that was never another's."""
    curriculum = courses.edition_now(cast["course"]).curriculum
    numbers = curricula.ordinals(curricula.sections_of(curriculum))
    assert len(numbers) == len(set(numbers)) >= 6
    assert max(numbers) < int(curriculum.next_ordinal)


flow("create a course", authoring("POST", "/courses", {"title": "Waves"}), begin=author, told={"course.created": 1})
flow(
    "add a lesson",
    authoring("POST", "/lessons", lambda cast: {"course_id": cast["course"], "title": "One more", **WORDS}),
    begin=draft,
    told={"course.curriculum_changed": 1},
)
flow(
    "add lessons in bulk",
    authoring(
        "POST",
        "/lessons/bulk",
        lambda cast: {"course_id": cast["course"], "lessons": [{"title": f"More {n}", **WORDS} for n in range(3)]},
    ),
    begin=published,
    told={"course.curriculum_changed": 1},
    holds=has_own_numbers,
)
flow(
    "reorder lessons",
    authoring("POST", "/courses/{course}/lessons/reorder", lambda cast: {"lessons": cast["order"]}),
    begin=turned,
    told={"course.curriculum_changed": 1},
    once_without_key=True,
    holds=is_turned,
)
flow(
    "change the words of a lesson",
    authoring("PATCH", "/lessons/{lesson}", {"content": "Other words."}),
    begin=with_first_lesson,
    told={"lesson.changed": 1},
    once_without_key=True,
)
flow(
    "delete a lesson",
    authoring("DELETE", "/lessons/{lesson}"),
    begin=with_first_lesson,
    told={"course.curriculum_changed": 1},
    repeated=frozenset({204, 404}),
    once_without_key=True,
    holds=has_lessons(2),
)
flow(
    "edit the version of a course that was read",
    edit_of_version,
    begin=published,
    told={"course.changed": 1},
    repeated=frozenset({200, 412}),
    once_without_key=True,
)
flow(
    "publish a course",
    authoring("POST", "/courses/{course}/publish"),
    begin=draft,
    told={"course.published": 1},
    once_without_key=True,
    holds=has_status("published"),
)
flow(
    "unpublish a course",
    authoring("POST", "/courses/{course}/unpublish"),
    begin=published,
    told={"course.unpublished": 1},
    once_without_key=True,
    holds=has_status("draft"),
)
flow(
    "delete a course",
    authoring("DELETE", "/courses/{course}"),
    begin=published,
    told={"course.deleted": 1},
    repeated=frozenset({204, 404}),
    once_without_key=True,
    holds=is_deleted,
)


def news_waits(lab: Lab) -> Cast:
    """Changes of two courses on their way to the catalogue, which there is already."""
    cast = published(lab)
    courses.edited(cast["course"], title="Waves and light")
    courses.a_course(cast["me"].id, lessons=1)
    lab.step("react_to_facts")
    lab.step("keep_history")
    lab.step("keep_projections")
    lab.step("fold_counters")
    return cast


def catalogue_lost(lab: Lab) -> Cast:
    """Nothing to be found until the night's clock makes it anew."""
    cast = published(lab)
    alone(delete(IndexPointer.under(building.KEY)))
    return cast


flow("publish the catalogue", settling, begin=news_waits, alone=True, once_without_key=True)
flow("rebuild the catalogue", firing("rebuild_catalog"), begin=catalogue_lost, alone=True, once_without_key=True)
