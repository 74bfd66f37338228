"""Courses as tests want them, made by the product's own rules and without asking the API."""

import time
from itertools import count
from typing import Any

from chalicelib import aws, clock
from chalicelib.catalog import authoring, bulk, categories, courses, lessons, sections
from chalicelib.catalog.records import Category, Course, Lesson
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import SYSTEM, Act
from chalicelib.table.writes import adjust, alone

_numbers = count(1)


def act(actor: str = SYSTEM) -> Act:
    return Act(actor, clock.now(), "req-of-a-factory", time.monotonic() + 20)


def a_category(title: str = "", **changes: Any) -> Category:
    return categories.create(act(), {"title": title or f"Shelf {next(_numbers)}", **changes})


def a_draft(instructor_id: str, *, lessons: int = 0, **changes: Any) -> Course:
    """A course that nobody but its instructor sees, with so many lessons."""
    course = authoring.create(act(instructor_id), {"title": f"Course {next(_numbers)}", **changes})
    words = [{"title": f"Lesson {each}", "content": "Some words.", "minutes": 5} for each in range(1, lessons + 1)]
    for start in range(0, lessons, 100):
        for shown in bulk.create(act(instructor_id), course.id, None, words[start : start + 100]):
            alone(adjust(shown.lesson, Lesson.ttl.remove(), where=Lesson.id.exists()))
    return course_now(course.id)


def a_course(instructor_id: str, lessons: int = 3, **changes: Any) -> Course:
    """A published course with so many lessons; `changes` are attributes of the record, as `price_minor=1999`."""
    draft = a_draft(instructor_id, lessons=lessons, **changes)
    return authoring.publish(act(), draft.id, None)


def a_lesson(course_id: str | None, instructor_id: str, **changes: Any) -> Lesson:
    """One more lesson of a course; or one without a course, which takes `kg_class`."""
    wishes = {"title": f"Lesson {next(_numbers)}", "content": "Some words.", "minutes": 5, **changes}
    if course_id is not None:
        return lessons.create(act(instructor_id), {**wishes, "course_id": course_id}).lesson
    made = lessons.create(act(instructor_id), {**wishes, "is_published": False}).lesson
    return lessons.edit(act(), made.id, {"is_published": changes.get("is_published", True)}, None).lesson


def a_section(course_id: str, title: str = "") -> str:
    return sections.add(act(), course_id, title or f"Section {next(_numbers)}", None, None).section.id


def edited(course_id: str, **changes: Any) -> Course:
    """The course after a change, as its instructor or an administrator would make it."""
    return authoring.edit(act(), course_id, changes, None)


def unpublished(course_id: str) -> Course:
    return authoring.unpublish(act(), course_id, None)


def archived(course_id: str) -> Course:
    return authoring.archive(act(), course_id, None)


def deleted(course_id: str) -> None:
    authoring.remove(act(), course_id, None)


def course_now(course_id: str) -> Course:
    found = reads.one(Course, keys.course(course_id))
    assert found
    return found


def edition_now(course_id: str) -> courses.Edition:
    return courses.read_own(act(), course_id)[0]


def told(*names: str) -> dict[str, int]:
    """How many facts of these names there are in the table."""
    found = dict.fromkeys(names, 0)
    for fact in facts():
        if fact["name"]["S"] in found:
            found[fact["name"]["S"]] += 1
    return found


def facts() -> list[dict[str, Any]]:
    """All facts, as they lie in the table."""
    pages = (
        aws.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=settings.table_name, FilterExpression="kind = :f", ExpressionAttributeValues={":f": {"S": "fact"}}
        )
    )
    return [item for page in pages for item in page["Items"]]
