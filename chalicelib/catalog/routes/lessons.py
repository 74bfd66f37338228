"""Writing lessons, of courses and without one, singly and up to a hundred at a time. Reading them is elsewhere."""

from chalicelib.accounts.verification import AddressUnverified
from chalicelib.catalog import bulk, lessons
from chalicelib.catalog.courses import CourseNotYours, CourseUnknown
from chalicelib.catalog.curricula import CourseFull
from chalicelib.catalog.lesson_items import LessonChanged, LessonNotYours, LessonUnknown, Shown
from chalicelib.catalog.listed_lessons import LastLesson
from chalicelib.catalog.schemas.lessons import LessonIn, LessonOut, LessonPatch, LessonPut, LessonsIn, LessonsOut
from chalicelib.web.policies import teacher
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Lessons")
ERRORS = (LessonUnknown, LessonNotYours, LessonChanged, CourseUnknown, CourseNotYours)
BULK_BYTES = 1024 * 1024


@routes.post(
    "/lessons",
    policy=teacher,
    gives=LessonOut,
    status=201,
    standing="joined",
    errors=(CourseUnknown, CourseNotYours, CourseFull, AddressUnverified),
    location="/api/v1/lessons/{id}",
)
def create_lesson(ask: Ask[LessonIn, None]) -> Shown:
    """Make a lesson

    In a course of yours, or without one for a class of the kindergarten. The one without a course is published at once,
    if your mail address is verified.
    """
    return lessons.create(ask.act, ask.body.wishes())


@routes.post(
    "/lessons/bulk",
    policy=teacher,
    gives=LessonsOut,
    status=201,
    standing="joined",
    body_bytes=BULK_BYTES,
    errors=(CourseUnknown, CourseNotYours, CourseFull),
)
def create_lessons(ask: Ask[LessonsIn, None]) -> list[Shown]:
    """Make up to 100 lessons of a course: all of them, or none"""
    return bulk.create(ask.act, ask.body.course_id, ask.body.section_id, ask.body.each())


@routes.put(
    "/lessons/{lesson_id}", policy=teacher, gives=LessonOut, standing="joined", errors=(*ERRORS, AddressUnverified)
)
def put_lesson(ask: Ask[LessonPut, None], lesson_id: str) -> Shown:
    """Replace a lesson

    What is left out becomes empty, except its place and whether it is published. Send `If-Match` with the ETag you read
    to be sure nobody changed it meanwhile.
    """
    return lessons.edit(ask.act, lesson_id, ask.body.wishes(), ask.expected_version)


@routes.patch(
    "/lessons/{lesson_id}", policy=teacher, gives=LessonOut, standing="joined", errors=(*ERRORS, AddressUnverified)
)
def patch_lesson(ask: Ask[LessonPatch, None], lesson_id: str) -> Shown:
    """Change parts of a lesson, or its place"""
    return lessons.edit(ask.act, lesson_id, ask.body.wishes(), ask.expected_version)


@routes.delete("/lessons/{lesson_id}", policy=teacher, standing="joined", errors=(*ERRORS, LastLesson))
def delete_lesson(ask: Ask[None, None], lesson_id: str) -> None:
    """Delete a lesson

    A published course keeps at least one.
    """
    lessons.remove(ask.act, lesson_id, ask.expected_version)
