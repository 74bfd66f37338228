"""Reading courses. Strangers get what the catalogue holds ready; whoever signs in sees what is open to them.

The catalogue may be some seconds behind. What a course's own author and administrators see comes from the table, and
so does what the catalogue does not know: drafts, and courses published a moment ago.
"""

import json

from chalicelib.accounts.records import User
from chalicelib.catalog import gates
from chalicelib.catalog.courses import CourseUnknown
from chalicelib.catalog.ids import is_course
from chalicelib.catalog.index import gathering
from chalicelib.catalog.index import reading as catalogue
from chalicelib.catalog.index.cards import About
from chalicelib.catalog.records import Category, Course, Curriculum, Gate, Tally
from chalicelib.learning import course_pages
from chalicelib.learning.course_pages import CoursePage, Document
from chalicelib.learning.looking import Look, is_stranger, look
from chalicelib.learning.release import Case
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.pages import Page, Scope, cursor, position
from chalicelib.table.record import Record


def shown(act: Act, course_id: str, *, runs_the_place: bool = False) -> CoursePage | catalogue.Page:
    """The page of a course. `runs_the_place` is a hint where to look first, and opens nothing."""
    if not is_course(course_id):
        raise CourseUnknown
    public = catalogue.page(course_id, act.now)
    if public is None or runs_the_place or act.actor == public.instructor_id:
        return _from_table(act, course_id, public)
    return public if is_stranger(act) else _from_catalogue(act, course_id, public)


def lessons(act: Act, course_id: str, *, size: int, after: str | None, runs_the_place: bool = False) -> Page[Document]:
    """The lessons of a course in their order, each with its access."""
    page = shown(act, course_id, runs_the_place=runs_the_place)
    document = page.document if isinstance(page, CoursePage) else json.loads(page.body)
    scope = Scope("course lessons", act.actor, course_id)
    start = int(position(scope, after, act.now)) if after else 0
    listed = course_pages.listed(document)
    end = start + size
    more = cursor(scope, end, act.now) if end < len(listed) else None
    return Page(listed[start:end], more, count=len(listed))


def _from_catalogue(act: Act, course_id: str, public: catalogue.Page) -> CoursePage:
    said: Document = json.loads(public.body)
    seen = look(act, course_id, [keys.gate(course_id)], said["prerequisites"])
    gate = seen.found.get(keys.gate(course_id))
    if not isinstance(gate, Gate):
        raise CourseUnknown
    return CoursePage(_personal(said, seen.case(gate)))


def _from_table(act: Act, course_id: str, public: catalogue.Page | None) -> CoursePage:
    wanted = [keys.course(course_id), keys.curriculum(course_id), keys.tally(course_id)]
    own = [] if is_stranger(act) else [keys.user(act.actor)]
    seen = look(act, course_id, [*wanted, *own])
    course, curriculum, tally = (seen.found.get(key) for key in wanted)
    if not isinstance(course, Course) or not isinstance(curriculum, Curriculum):
        raise CourseUnknown
    case = seen.case(gates.gate_of(course, curriculum))
    if case.course().is_hidden:
        raise CourseUnknown
    about = _about(seen, course, curriculum, tally if isinstance(tally, Tally) else None, public)
    if not about.offered and not case.has_part:
        raise CourseUnknown
    return CoursePage(_personal(course_pages.for_all(about, act.now), case), int(course.ver))


def _about(
    seen: Look, course: Course, curriculum: Curriculum, tally: Tally | None, public: catalogue.Page | None
) -> About:
    """With its teacher and its category: as they were read, as the catalogue has them, or for one more trip."""
    person = keys.user(course.instructor_id)
    shelf = keys.category(course.category_id) if course.category_id else None
    known = {**_known(public), **seen.found}
    unread = [key for key in (person, shelf) if key and key not in known]
    known |= reads.many(unread) if unread else {}
    teacher, category = known.get(person), known.get(shelf) if shelf else None
    return About(
        course,
        curriculum,
        tally,
        teacher.name if isinstance(teacher, User) else "",
        category if isinstance(category, Category) else None,
        gathering.offers(teacher if isinstance(teacher, User) else None),
    )


def _known(public: catalogue.Page | None) -> dict[Key, Record]:
    """Teacher and category as the page of the catalogue names them."""
    if public is None:
        return {}
    said: Document = json.loads(public.body)
    teacher, category = said["instructor"], said["category"]
    known: dict[Key, Record] = {keys.user(teacher["id"]): User(first_name=teacher["name"])}
    return {**known, keys.category(category["id"]): Category(**category)} if category else known


def _personal(said: Document, case: Case) -> Document:
    document = course_pages.personal(said, case)
    if case.course().is_hidden:
        raise CourseUnknown
    return document
