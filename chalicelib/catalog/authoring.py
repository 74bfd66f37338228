"""Making, changing, publishing and deleting courses: every change of what a course says of itself.

What a body wishes comes as the names and values of the record. Whether the address of whoever publishes is verified
is asked of the table, so these rules read the person along with the course where a wish would publish it.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import clock
from chalicelib.accounts import verification
from chalicelib.catalog import categories, courses, gates, money, own, prerequisites, seats, slugs
from chalicelib.catalog.courses import Edition, Found
from chalicelib.catalog.records import Course, Curriculum
from chalicelib.errors import Conflict, FieldError, Invalid
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.writes import Write, delete, put_new, together

SLUG = "course"
PUBLISHED, DRAFT, ARCHIVED = "published", "draft", "archived"


class CourseEmpty(Conflict):
    """A course without lessons cannot be published; add a lesson first."""


class PriceTooSmall(Invalid):
    """So little cannot be charged; the errors name the least. A price of 0 makes a course free."""


def create(act: Act, wishes: Mapping[str, Any]) -> Course:
    """A new course of the caller's: a draft."""
    act.read([keys.standing(act.actor)])
    return courses.edited(act, lambda: _create(act, clock.new_id("crs"), wishes))


def _create(act: Act, id: str, wishes: Mapping[str, Any]) -> Course:
    changes = _in_status(None, wishes)
    _require_chargeable(changes)
    guards = _prerequisites(id, act.actor, changes)
    wished = changes.pop("slug", None)
    if wished:
        return _created(act, id, changes, wished, guards)
    slug = slugs.slug_of(changes["title"], SLUG)
    try:
        return _created(act, id, changes, slug, guards)
    except slugs.SlugTaken:
        return _created(act, id, changes, slugs.distinguished(slug, id), guards)


def _created(act: Act, id: str, changes: Mapping[str, Any], slug: str, guards: list[Write]) -> Course:
    times = {"ver": 1, "created_at": act.now, "updated_at": act.now}
    course: Course = Course.under(keys.course(id), id=id, instructor_id=act.actor, slug=slug, **times, **changes)
    curriculum: Curriculum = Curriculum.under(keys.curriculum(id), course_id=id, sections=[], **times)
    pieces = [
        *(
            put_new(each)
            for each in (course, curriculum, gates.gate_of(course, curriculum), own.teaching(act.actor, id))
        ),
        slugs.claim(SLUG, slug, id),
        *seats.opened(course),
        *categories.moved_course(None, course.category_id),
        *guards,
    ]
    fact = act.fact("course.created", id, audience=[act.actor], ver=1)
    return together(act, *pieces, fact=fact, result=course)


def edit(act: Act, course_id: str, wishes: Mapping[str, Any], expected: int | None) -> Course:
    """Change what differs; nothing different writes nothing. Setting the status publishes, or takes back."""
    return courses.edited(act, lambda: _edit(act, course_id, wishes, expected))


def publish(act: Act, course_id: str, expected: int | None) -> Course:
    """Published already is no error."""
    return edit(act, course_id, {"status": PUBLISHED}, expected)


def unpublish(act: Act, course_id: str, expected: int | None) -> Course:
    """A draft again. Who learns in it keeps it; nobody else sees it."""
    return edit(act, course_id, {"is_published": False}, expected)


def archive(act: Act, course_id: str, expected: int | None) -> Course:
    return edit(act, course_id, {"status": ARCHIVED}, expected)


def _edit(act: Act, course_id: str, wishes: Mapping[str, Any], expected: int | None) -> Course:
    before, found = courses.read_own(act, course_id, *_asked_of_people(act, wishes))
    courses.require_version(before, expected)
    wishes = _in_status(before.course, wishes)
    changes = {name: value for name, value in wishes.items() if getattr(before.course, name) != value}
    if not changes:
        return before.course
    _require_chargeable(changes)
    if changes.get("status") == PUBLISHED:
        changes |= _published(act, before, found)
    pieces = _beside(before.course, changes)
    after, writes = courses.succeeding(act, before, changes)
    fact = act.fact(
        _name(before.course, after.course),
        course_id,
        audience=[after.course.instructor_id],
        ver=after.ver,
        fields=sorted(changes),
        was=before.course.status,
    )
    return together(act, *writes, *pieces, fact=fact, result=after.course)


def _asked_of_people(act: Act, wishes: Mapping[str, Any]) -> list[Key]:
    publishes = wishes.get("status") == PUBLISHED or bool(wishes.get("is_published"))
    return [keys.user(act.actor)] if publishes else []


def _in_status(course: Course | None, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """`is_published` is another way to say a status; a new course has nothing yet that could be published."""
    said = {name: value for name, value in wishes.items() if name != "is_published"}
    now = DRAFT if course is None else course.status
    if wishes.get("is_published") is True:
        said["status"] = PUBLISHED
    elif wishes.get("is_published") is False and now == PUBLISHED:
        said["status"] = DRAFT
    if course is None and said.get("status") == PUBLISHED:
        raise CourseEmpty
    return said


def _require_chargeable(changes: Mapping[str, Any]) -> None:
    """Only a price that is set: the least may have risen since the others were."""
    if 0 < changes.get("price_minor", 0) < settings.smallest_charge_minor:
        least = f"At least {money.decimal(settings.smallest_charge_minor)}, or 0."
        raise PriceTooSmall(errors=[FieldError("price", "too_small", least)])


def _published(act: Act, before: Edition, found: Found) -> dict[str, Any]:
    """What else changes when a course is published, if it may be."""
    if not int(before.course.lessons):
        raise CourseEmpty
    if not courses.is_admin(act, found):
        verification.require("publishing", found.get(keys.user(act.actor)))
    return {} if before.course.published_at else {"published_at": act.now}


def _beside(course: Course, changes: Mapping[str, Any]) -> list[Write]:
    """What lies outside of the course itself and changes with it."""
    pieces = _prerequisites(course.id, course.instructor_id, changes)
    if "category_id" in changes:
        pieces += categories.moved_course(course.category_id, changes["category_id"])
    if "slug" in changes:
        pieces.append(slugs.claim(SLUG, changes["slug"], course.id))
    if "capacity" in changes:
        pieces += seats.changed(course, changes["capacity"])
    return pieces


def _prerequisites(course_id: str, instructor_id: str, changes: Mapping[str, Any]) -> list[Write]:
    wanted = changes.get("prerequisites") or []
    return prerequisites.require_acyclic(course_id, wanted, instructor_id=instructor_id) if wanted else []


def _name(before: Course, after: Course) -> str:
    if before.status == after.status or PUBLISHED not in (before.status, after.status):
        return "course.archived" if before.status != after.status == ARCHIVED else "course.changed"
    return {PUBLISHED: "course.published", DRAFT: "course.unpublished", ARCHIVED: "course.archived"}[after.status]


def remove(act: Act, course_id: str, expected: int | None) -> None:
    """Delete a course softly: it is gone for everybody, and kept."""
    courses.edited(act, lambda: _remove(act, course_id, expected))


def _remove(act: Act, course_id: str, expected: int | None) -> None:
    before, _ = courses.read_own(act, course_id)
    courses.require_version(before, expected)
    after, writes = courses.succeeding(act, before, {"deleted_at": act.now})
    instructor = before.course.instructor_id
    pieces = [
        *writes,
        delete(own.teaching(instructor, course_id)),
        *categories.moved_course(before.course.category_id, None),
    ]
    fact = act.fact("course.deleted", course_id, audience=[instructor], ver=after.ver, was=before.course.status)
    together(act, *pieces, fact=fact, result=None)
