"""Finding courses and lessons: whose are looked at, and the rows that only the one who asks may see.

What is published comes from the catalogue index alone. Somebody who teaches sees own drafts beside it, read from the
table at that moment, up to 200; administrators see what is not published as the index has it, the newest 200 that
`instructor` leaves. Such rows join the index for this one question and are taken out again.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from chalicelib.accounts.records import User
from chalicelib.catalog import own
from chalicelib.catalog.index import asking, cards, gathering, holding, relatives
from chalicelib.catalog.index import lessons as lesson_index
from chalicelib.catalog.index.asking import Found, Query
from chalicelib.catalog.index.cards import About, Entry
from chalicelib.catalog.index.lessons import LessonQuery
from chalicelib.catalog.index.shelves import Shelf
from chalicelib.catalog.records import Course, Tally
from chalicelib.errors import NotFound
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.acts import ANONYMOUS, Act
from chalicelib.web.identity import RoleMissing, Standing, TokenMissing

Scope = Literal["published", "own", "all"]
PUBLISHED: Scope = "published"
OWN: Scope = "own"
ALL: Scope = "all"
MOST = own.MOST
#: So many answers are kept until the catalogue changes.
KEPT = 500
TEACHER, ADMIN = "instructor", "admin"


class CourseNotListed(NotFound):
    """There is no published course of this name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, with the roles of the token, and for what. Without a scope it is the widest that the roles give."""

    act: Act
    roles: Collection[str]
    scope: Scope | None = None
    #: For those who teach, where the path is one of which clients expect that.
    teachers_see: Scope = "all"

    @property
    def sees(self) -> Scope:
        widest: Scope = "all" if ADMIN in self.roles else self.teachers_see if TEACHER in self.roles else "published"
        return self.scope or widest


def courses(asked: Asked, query: Query) -> Found:
    shelf = holding.current()
    if asked.sees == "published":
        return _public(shelf, query)
    with shelf.joined(_rows(asked, shelf, query)) as joined:
        return asking.found(joined, _narrowed(asked, query))


def _public(shelf: Shelf, query: Query) -> Found:
    """Kept until something changes: many ask the same."""
    kept: Found | None = shelf.answers.get(query)
    if kept is None:
        kept = asking.found(shelf, query)
        if settings.enable_cache and len(shelf.answers) < KEPT:
            shelf.answers[query] = kept
    return kept


def _rows(asked: Asked, shelf: Shelf, query: Query) -> list[Entry]:
    _require_teacher(asked)
    if asked.sees == "all" and ADMIN in asked.roles:
        _require_admin(asked.act)
        return shelf.closed("course", MOST, query.instructor or None)
    return _own_courses(asked.act, shelf)


def _narrowed(asked: Asked, query: Query) -> Query:
    return replace(query, only_of=asked.act.actor) if asked.sees == "own" else query


def _require_teacher(asked: Asked) -> None:
    if asked.act.actor == ANONYMOUS:
        raise TokenMissing
    if {TEACHER, ADMIN}.isdisjoint(asked.roles):
        raise RoleMissing("This scope takes the role: instructor or admin")


def _require_admin(act: Act) -> None:
    """As the table knows it now: what is not published is not for those who were administrators."""
    standing = act.read([keys.standing(act.actor)]).get(keys.standing(act.actor))
    if not isinstance(standing, Standing) or ADMIN not in standing.roles:
        raise RoleMissing("This scope takes the role: admin")


def _own_courses(act: Act, shelf: Shelf) -> list[Entry]:
    """Those that the index lacks, or has as they were: one query and one batch for up to 49 of them."""
    things = own.things(act.actor, own.COURSES)
    found = act.read([keys.user(act.actor), *(key(each) for each in things for key in (keys.course, keys.tally))])
    person = found.get(keys.user(act.actor))
    name = person.name if isinstance(person, User) else ""
    known = shelf.updated(things)
    entries = []
    for each in things:
        course, tally = found.get(keys.course(each)), found.get(keys.tally(each))
        if isinstance(course, Course):
            entries.append(_own_entry(act, shelf, course, tally, name))
    return [each for each in entries if each["state"] != cards.GONE and _differs(each, known)]


def _differs(entry: Entry, known: dict[str, int]) -> bool:
    is_newer: bool = known.get(entry["id"]) != entry["facts"]["updated"]
    return is_newer or entry["state"] == cards.CLOSED


def _own_entry(act: Act, shelf: Shelf, course: Course, tally: Any, name: str) -> Entry:
    category = shelf.categories.get(course.category_id or "")
    about = About(course, None, tally if isinstance(tally, Tally) else None, name, category)
    return cards.of_course(about, act.now)


def related(course_id: str, size: int) -> Found:
    """Of a published course."""
    found = relatives.related(holding.current(), course_id, size)
    if found is None:
        raise CourseNotListed
    return found


def lessons(asked: Asked, query: LessonQuery) -> Found:
    """Of published courses; with the scope of their own, somebody who teaches sees all that they teach."""
    shelf = holding.current()
    if asked.scope in (None, "published"):
        return lesson_index.found(shelf, query)
    _require_teacher(asked)
    narrowed = replace(query, only_of=asked.act.actor)
    with shelf.joined(_own_lessons(asked.act)) as joined:
        return lesson_index.found(joined, narrowed)


def _own_lessons(act: Act) -> list[Entry]:
    """Whole courses, as their lessons stand in them: a batch for each 33."""
    act.read([keys.standing(act.actor)])
    things = [*own.things(act.actor, own.COURSES), *own.things(act.actor, own.LESSONS)]
    return list(gathering.entries(things, act.now))
