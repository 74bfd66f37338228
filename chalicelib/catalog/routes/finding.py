"""Finding courses and lessons: lists, search, relatives. One engine answers all, from the catalogue index."""

from chalicelib.catalog import finding
from chalicelib.catalog.finding import Asked, CourseNotListed
from chalicelib.catalog.index import rows
from chalicelib.catalog.index.asking import Found
from chalicelib.catalog.index.holding import CatalogueUnavailable
from chalicelib.catalog.index.rows import Reader
from chalicelib.catalog.schemas.finding_answers import CourseListOut, LessonListOut
from chalicelib.catalog.schemas.finding_questions import CourseQuery, LessonsQuery, RelatedQuery
from chalicelib.table.record import moment_text
from chalicelib.web import numbered
from chalicelib.web.policies import anyone
from chalicelib.web.routes import PUBLIC, Ask, Reply, Routes

routes = Routes(tag="Courses")
#: Where clients of the older systems expect that those who teach see what they teach.
TEACHERS_OWN = {"/api/courses": finding.OWN}


@routes.get(
    "/courses", policy=anyone, gives=CourseListOut, standing="offered", errors=(CatalogueUnavailable,), cache=PUBLIC
)
def list_courses(ask: Ask[None, CourseQuery]) -> Reply:
    """List, filter and search courses

    Strangers and students see what is published. Those who teach also see their own drafts, administrators everybody's.
    """
    return _listed(ask, finding.courses(_asked(ask), ask.query.asked()))


@routes.get("/courses-public", policy=anyone, gives=CourseListOut, errors=(CatalogueUnavailable,), cache=PUBLIC)
def list_public_courses(ask: Ask[None, CourseQuery]) -> Reply:
    """List published courses, whoever asks"""
    return _listed(ask, finding.courses(Asked(ask.act, (), finding.PUBLISHED), ask.query.asked()))


@routes.get(
    "/search", policy=anyone, gives=CourseListOut, standing="offered", errors=(CatalogueUnavailable,), cache=PUBLIC
)
def search(ask: Ask[None, CourseQuery]) -> Reply:
    """Search courses

    The same as the list, where `q` is what search is mostly about: best matches first.
    """
    return _listed(ask, finding.courses(_asked(ask), ask.query.asked()))


@routes.get(
    "/courses/{course_id}/related",
    policy=anyone,
    gives=CourseListOut,
    errors=(CourseNotListed, CatalogueUnavailable),
    cache=PUBLIC,
)
def list_related_courses(ask: Ask[None, RelatedQuery], course_id: str) -> Reply:
    """Courses that resemble a published one, the likest first"""
    found = finding.related(course_id, ask.query.page_size)
    return numbered.reply(ask.exchange, rows.courses(found, _reader(ask)), count=found.count, page=1, size=found.count)


@routes.get(
    "/lessons", policy=anyone, gives=LessonListOut, standing="offered", errors=(CatalogueUnavailable,), cache=PUBLIC
)
def list_lessons(ask: Ask[None, LessonsQuery]) -> Reply:
    """List and search lessons by title

    Those of published courses, and published ones without a course.
    """
    found = finding.lessons(_asked(ask), ask.query.asked())
    shown = rows.lessons(found, _reader(ask), moment_text(ask.now))
    return numbered.reply(ask.exchange, shown, count=found.count, page=ask.query.page, size=ask.query.size)


def _asked(ask: Ask[None, CourseQuery] | Ask[None, LessonsQuery]) -> Asked:
    teachers_see = TEACHERS_OWN.get(ask.exchange.alias or "", finding.ALL)
    return Asked(ask.act, ask.caller.roles, ask.query.scope, teachers_see)


def _reader(ask: Ask[None, CourseQuery] | Ask[None, LessonsQuery] | Ask[None, RelatedQuery]) -> Reader:
    return Reader(ask.caller.id, "admin" in ask.caller.roles)


def _listed(ask: Ask[None, CourseQuery], found: Found) -> Reply:
    shown = rows.courses(found, _reader(ask), ask.query.fields)
    query = ask.query
    return numbered.reply(
        ask.exchange, shown, count=found.count, page=query.page, size=query.size, also=rows.facets(found)
    )
