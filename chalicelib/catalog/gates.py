"""The gate of a course, a pure function of the course and its curriculum; whoever writes one of them writes it too."""

from typing import Any

from chalicelib.catalog import bitmaps, curricula
from chalicelib.catalog.curricula import Entry
from chalicelib.catalog.records import Course, Curriculum, Gate
from chalicelib.table import keys
from chalicelib.table.record import moment_text


def gate_of(course: Course, curriculum: Curriculum) -> Gate:
    listed = list(curricula.entries(curricula.sections_of(curriculum)))
    made: Gate = Gate.under(
        keys.gate(course.id),
        ver=int(course.ver),
        created_at=course.created_at,
        updated_at=course.updated_at,
        course_id=course.id,
        instructor_id=course.instructor_id,
        title=course.title,
        slug=course.slug,
        is_published=course.is_published,
        is_deleted=course.deleted_at is not None,
        category_id=course.category_id,
        price_minor=int(course.price_minor),
        currency=course.currency,
        limited=course.capacity is not None,
        certified=course.certified,
        forced_order=course.forced_order,
        prerequisites=list(course.prerequisites),
        access_days=None if course.access_days is None else int(course.access_days),
        live=bitmaps.of(entry.ordinal for entry in listed),
        previews=bitmaps.of(entry.ordinal for entry in listed if entry.preview),
        sequence=bitmaps.packed(entry.ordinal for entry in listed),
        rules={str(entry.ordinal): rule for entry in listed if (rule := _rule(entry))},
        curriculum_ver=int(curriculum.live_ver),
    )
    return made


def _rule(entry: Entry) -> dict[str, Any]:
    """Only what is asked for: most lessons ask for nothing."""
    rule: dict[str, Any] = {}
    if entry.after_days:
        rule["after_days"] = entry.after_days
    if entry.opens_at is not None:
        rule["opens_at"] = moment_text(entry.opens_at)
    return rule
