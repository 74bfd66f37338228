"""The curriculum of a course for its author: its sections, and the order of everything."""

from chalicelib.catalog import sections
from chalicelib.catalog.courses import CourseChanged, CourseNotYours, CourseUnknown, Edition
from chalicelib.catalog.curricula import CourseFull, SectionUnknown
from chalicelib.catalog.schemas.sections import CurriculumOut, OrderIn, OrderOut, SectionIn, SectionOut, SectionPatch
from chalicelib.catalog.sections import Placed, SectionNotEmpty
from chalicelib.web.policies import teacher
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Courses")
ERRORS = (CourseUnknown, CourseNotYours, CourseChanged)


@routes.get(
    "/courses/{course_id}/curriculum",
    policy=teacher,
    gives=CurriculumOut,
    standing="joined",
    errors=(CourseUnknown, CourseNotYours),
)
def get_curriculum(ask: Ask[None, None], course_id: str) -> Edition:
    """The sections and lessons of a course, for its author

    The ETag is that of the course: every change of it, of its sections or of what it lists moves it.
    """
    return sections.curriculum(ask.act, course_id)


@routes.post(
    "/courses/{course_id}/sections",
    policy=teacher,
    gives=SectionOut,
    status=201,
    standing="joined",
    errors=(*ERRORS, CourseFull),
)
def add_section(ask: Ask[SectionIn, None], course_id: str) -> Placed:
    """Add a section"""
    return sections.add(ask.act, course_id, ask.body.title, ask.body.position, ask.expected_version)


@routes.put(
    "/courses/{course_id}/sections/{section_id}",
    policy=teacher,
    gives=SectionOut,
    standing="joined",
    errors=(*ERRORS, SectionUnknown),
)
def put_section(ask: Ask[SectionIn, None], course_id: str, section_id: str) -> Placed:
    """Rename a section, and move it where a place is named"""
    return sections.edit(ask.act, course_id, section_id, ask.body.title, ask.body.position, ask.expected_version)


@routes.patch(
    "/courses/{course_id}/sections/{section_id}",
    policy=teacher,
    gives=SectionOut,
    standing="joined",
    errors=(*ERRORS, SectionUnknown),
)
def patch_section(ask: Ask[SectionPatch, None], course_id: str, section_id: str) -> Placed:
    """Rename or move a section"""
    return sections.edit(ask.act, course_id, section_id, ask.body.title, ask.body.position, ask.expected_version)


@routes.delete(
    "/courses/{course_id}/sections/{section_id}",
    policy=teacher,
    standing="joined",
    errors=(*ERRORS, SectionUnknown, SectionNotEmpty),
)
def delete_section(ask: Ask[None, None], course_id: str, section_id: str) -> None:
    """Delete an empty section"""
    sections.remove(ask.act, course_id, section_id, ask.expected_version)


@routes.post(
    "/courses/{course_id}/lessons/reorder",
    policy=teacher,
    gives=OrderOut,
    standing="joined",
    errors=ERRORS,
)
def reorder_lessons(ask: Ask[OrderIn, None], course_id: str) -> Edition:
    """Put sections and lessons into another order, in one call

    `sections` names every section and in each its lessons, which may come from another one; `lessons` names every
    lesson, and each stays in its section. What is not named makes the call fail as a whole.
    """
    arrangement, lessons = ask.body.arrangement(), ask.body.lessons or []
    return sections.reorder(ask.act, course_id, arrangement, lessons, ask.expected_version)
