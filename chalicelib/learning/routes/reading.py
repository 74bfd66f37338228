"""Reading courses and lessons, and what an instructor allows one learner. Writing courses is elsewhere."""

from chalicelib.catalog.courses import CourseUnknown
from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.learning import course_reading, overrides, reading
from chalicelib.learning.course_pages import Document
from chalicelib.learning.enrollments import EnrollmentUnknown
from chalicelib.learning.overrides import EnrollmentEnded, Override, OverrideChanged
from chalicelib.learning.reading import LessonPage
from chalicelib.learning.schemas import courses
from chalicelib.learning.schemas.courses import CoursePageOut
from chalicelib.learning.schemas.lessons import CourseLessonsQuery, LessonPageOut, ListedLessonOut
from chalicelib.learning.schemas.overrides import OverrideIn, OverrideOut
from chalicelib.table.pages import Page
from chalicelib.web.policies import anyone, teacher
from chalicelib.web.routes import PUBLIC, Ask, Reply, Routes

routes = Routes(tag="Learning")


@routes.get(
    "/courses/{course_id}",
    policy=anyone,
    gives=CoursePageOut,
    standing="offered",
    cache=PUBLIC,
    errors=(CourseUnknown,),
)
def get_course(ask: Ask[None, None], course_id: str) -> Reply:
    """A course with its sections and lessons

    Every lesson says whether it is open to you, and if not, why. Drafts are seen by their author and administrators;
    a course that is no longer published, by those who are enrolled too.
    """
    return courses.reply(course_reading.shown(ask.act, course_id, runs_the_place="admin" in ask.caller.roles))


@routes.get(
    "/courses/{course_id}/lessons",
    policy=anyone,
    lists=ListedLessonOut,
    standing="offered",
    cache=PUBLIC,
    errors=(CourseUnknown,),
)
def list_course_lessons(ask: Ask[None, CourseLessonsQuery], course_id: str) -> Page[Document]:
    """The lessons of a course in their order, without their words"""
    return course_reading.lessons(
        ask.act,
        course_id,
        size=ask.query.size,
        after=ask.query.cursor,
        runs_the_place="admin" in ask.caller.roles,
    )


@routes.get("/lessons/{lesson_id}", policy=anyone, gives=LessonPageOut, standing="offered", errors=(LessonUnknown,))
def get_lesson(ask: Ask[None, None], lesson_id: str) -> LessonPage:
    """A lesson

    Its words and its film are there if it is a preview, if the course is free, or if you are enrolled and the rules of
    the course let you; authors see their own. Otherwise the answer has the title and says why.
    """
    return reading.shown(ask.act, lesson_id)


@routes.put(
    "/enrollments/{enrollment_id}/override",
    policy=teacher,
    gives=OverrideOut,
    standing="joined",
    errors=(EnrollmentUnknown, EnrollmentEnded, OverrideChanged),
)
def override_access(ask: Ask[OverrideIn, None], enrollment_id: str) -> Override:
    """Open a course to one learner in spite of its rules, or set the end of their time

    `unlocked` lifts order, prerequisites and dates, not the end. `access_until` sets another end than the course does.
    """
    body = ask.body
    return overrides.override(ask.act, enrollment_id, body.unlocked, body.access_until, ask.expected_version)
