"""The shelves of the demo: a category each, with what `shelves/<name>.yaml` says stands on it.

A course there is the body that `POST /courses` takes, and its lessons are those that `POST /lessons/bulk` takes; beside
that it says who teaches it, when it was published, which courses come before it and what became of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.catalog import authoring, bulk, categories, lessons, sections
from chalicelib.catalog.records import Course
from chalicelib.catalog.schemas.courses import CourseIn
from chalicelib.catalog.schemas.lessons import BulkLesson, LessonIn
from chalicelib.table.acts import SYSTEM, Act
from infra.local.demo.moments import act, days_ago
from infra.local.demo.people import ARRIVED, Cast
from infra.local.template import parsed

FOLDER = Path(__file__).with_name("shelves")
ALL = tuple(sorted(FOLDER.glob("*.yaml")))
#: What is ours in a course of a shelf; the rest is the body of the request.
OURS = ("teacher", "published", "after", "becomes", "sections")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Courses by their titles, and the ids of lessons without a course."""

    courses: dict[str, Course] = field(default_factory=dict)
    lessons: list[str] = field(default_factory=list)


def fill(path: Path, cast: Cast) -> Shelf:
    """Make the category and all that stands on it, in the order of the file."""
    said, shelf = parsed(path), Shelf()
    wishes = {name: said[name] for name in ("title", "description", "position")}
    category = categories.create(act(SYSTEM, days_ago(ARRIVED)), wishes)
    for one in said["courses"]:
        shelf.courses[one["title"]] = _course(one, category.id, cast, shelf)
    for lesson in said.get("lessons", ()):
        wish = LessonIn.model_validate(_without(lesson, "teacher")).wishes()
        shelf.lessons.append(lessons.create(act(cast[lesson["teacher"]], days_ago(60)), wish).lesson.id)
    return shelf


def _course(said: Mapping[str, Any], category_id: str, cast: Cast, shelf: Shelf) -> Course:
    before = [shelf.courses[title].id for title in said.get("after", ())]
    body = {**_without(said, *OURS), "category_id": category_id, "prerequisites": before}
    by = act(cast[said["teacher"]], days_ago(int(said["published"])))
    course = authoring.create(by, CourseIn.model_validate(body).wishes())
    for section in said["sections"]:
        _section(by, course.id, section)
    if said.get("becomes") == authoring.DRAFT:
        return course
    published = authoring.publish(by, course.id, None)
    return authoring.archive(by, course.id, None) if said.get("becomes") == authoring.ARCHIVED else published


def _section(by: Act, course_id: str, said: Mapping[str, Any]) -> None:
    section = sections.add(by, course_id, said["title"], None, None).section
    bulk.create(by, course_id, section.id, [BulkLesson.model_validate(each).wishes() for each in said["lessons"]])


def _without(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in names}
