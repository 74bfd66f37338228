"""Writing courses: making, changing, publishing and deleting them. Reading them is elsewhere."""

from chalicelib.accounts.verification import AddressUnverified
from chalicelib.catalog import authoring
from chalicelib.catalog.authoring import CourseEmpty, PriceTooSmall
from chalicelib.catalog.courses import CourseChanged, CourseNotYours, CourseUnknown
from chalicelib.catalog.records import Course
from chalicelib.catalog.schemas.courses import CourseIn, CourseOut, CoursePatch, CoursePut
from chalicelib.catalog.seats import CapacitySettled, SeatsTaken
from chalicelib.catalog.slugs import SlugTaken
from chalicelib.web.policies import teacher
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Courses")
EDITS = (
    CourseUnknown,
    CourseNotYours,
    CourseChanged,
    CourseEmpty,
    AddressUnverified,
    PriceTooSmall,
    SlugTaken,
    CapacitySettled,
    SeatsTaken,
)
STEPS = (CourseUnknown, CourseNotYours, CourseChanged)


@routes.post(
    "/courses",
    policy=teacher,
    gives=CourseOut,
    status=201,
    standing="joined",
    errors=(CourseEmpty, PriceTooSmall, SlugTaken),
    location="/api/v1/courses/{id}",
)
def create_course(ask: Ask[CourseIn, None]) -> Course:
    """Make a course

    It is a draft that nobody else sees, until it has a lesson and is published.
    """
    return authoring.create(ask.act, ask.body.wishes())


@routes.put("/courses/{course_id}", policy=teacher, gives=CourseOut, standing="joined", errors=EDITS)
def put_course(ask: Ask[CoursePut, None], course_id: str) -> Course:
    """Replace what a course says of itself

    What is left out becomes empty, except slug and status. Send `If-Match` with the ETag you read to be sure nobody
    changed it meanwhile.
    """
    return authoring.edit(ask.act, course_id, ask.body.wishes(), ask.expected_version)


@routes.patch("/courses/{course_id}", policy=teacher, gives=CourseOut, standing="joined", errors=EDITS)
def patch_course(ask: Ask[CoursePatch, None], course_id: str) -> Course:
    """Change parts of a course

    Whether seats are limited is settled with the first publication; the number may change later, not below the seats
    taken.
    """
    return authoring.edit(ask.act, course_id, ask.body.wishes(), ask.expected_version)


@routes.delete("/courses/{course_id}", policy=teacher, standing="joined", errors=STEPS)
def delete_course(ask: Ask[None, None], course_id: str) -> None:
    """Delete a course

    Nobody finds it any more, its learners included. What they have done is kept.
    """
    authoring.remove(ask.act, course_id, ask.expected_version)


@routes.post(
    "/courses/{course_id}/publish",
    policy=teacher,
    gives=CourseOut,
    standing="joined",
    errors=(*STEPS, CourseEmpty, AddressUnverified),
)
def publish_course(ask: Ask[None, None], course_id: str) -> Course:
    """Publish a course

    It takes at least one lesson, and a verified mail address. Publishing it again changes nothing.
    """
    return authoring.publish(ask.act, course_id, ask.expected_version)


@routes.post("/courses/{course_id}/unpublish", policy=teacher, gives=CourseOut, standing="joined", errors=STEPS)
def unpublish_course(ask: Ask[None, None], course_id: str) -> Course:
    """Make a published course a draft again

    Those who are enrolled keep it; nobody else sees it.
    """
    return authoring.unpublish(ask.act, course_id, ask.expected_version)


@routes.post("/courses/{course_id}/archive", policy=teacher, gives=CourseOut, standing="joined", errors=STEPS)
def archive_course(ask: Ask[None, None], course_id: str) -> Course:
    """Put a course away

    As with a draft, only those who are enrolled still see it. Publishing brings it back.
    """
    return authoring.archive(ask.act, course_id, ask.expected_version)
