"""One engine for every question to the catalogue: lists, search, facets, related courses, lessons.

A question meets a `Shelf`: that of everybody, or one with a person's own rows joined. What is not on it, no answer can
tell, and no count can count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.catalog.index import words
from chalicelib.catalog.index.columns import NEWEST, Numbers, Order, held_of, set_of
from chalicelib.catalog.index.files import PLACES
from chalicelib.catalog.index.shelves import Shelf

#: How much more a word counts in the title than in the lessons: title, about, description, lessons, teacher, category.
WEIGHTS = (10.0, 4.0, 1.0, 2.0, 5.0, 3.0)
#: Steps of the facet of stars.
STARS = (4.5, 4.0, 3.5, 3.0)
FACETS = ("category", "level", "language", "price", "rating")
_RANKED = f"SELECT rowid, bm25(text, {', '.join(map(str, WEIGHTS))}) FROM text WHERE text MATCH ?"  # noqa: S608
_COURSE = f"thing ON thing.n = lesson.n >> {PLACES}"
_LISTED = (
    "lesson.n, lesson.ordinal, lesson.title, lesson.kind, lesson.minutes, lesson.preview, lesson.kg_class, thing.id, "
    "thing.what, thing.title, thing.instructor, thing.status, lesson.access, lesson.reason, lesson.unlocks_at"
)
_NAMED = "lesson_text CROSS JOIN lesson ON lesson.n = lesson_text.rowid"
#: So many are ranked by how well they fit.
MOST_RANKED = 1000
#: So many of a course's words find its relatives.
_TELLING = 4
_KIN = 200


@dataclass(frozen=True, slots=True)
class Query:
    """What a list of courses is asked. `category` is an id or a slug; prices are in the smallest unit, stars in 0-5."""

    text: str = ""
    category: str = ""
    level: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    min_price: int | None = None
    max_price: int | None = None
    min_rating: float | None = None
    free: bool | None = None
    instructor: str = ""
    status: str = ""
    #: By relevance where there is a text and no order is asked for, else the newest first.
    order: Order | None = None
    facets: bool = False
    first: int = 0
    size: int = 20
    #: Only what this person teaches.
    only_of: str = ""


@dataclass(frozen=True, slots=True)
class LessonQuery:
    text: str = ""
    course: str = ""
    kg_class: str = ""
    first: int = 0
    size: int = 20
    only_of: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """How many there are, a page of them, and the counts of each facet."""

    count: int
    results: list[Any]
    facets: Mapping[str, list[dict[str, Any]]] | None = None


class LessonFound(NamedTuple):
    id: str
    title: str
    kind: str
    minutes: int
    preview: bool
    kg_class: str | None
    course_id: str | None
    course_title: str | None
    instructor_id: str
    status: str
    access: str
    reason: str
    unlocks_at: str | None


def found(shelf: Shelf, query: Query) -> Found:
    start, scores = _start(shelf, query), None
    if query.text.strip():
        matched, scores = _matched(shelf, query.text)
        start &= matched
    filters = dict(_filters(shelf, query))
    chosen = _all(start, filters.values())
    return Found(
        chosen.bit_count(),
        shelf.cards(_page(shelf, query, chosen, scores)),
        _facets(shelf, start, filters) if query.facets else None,
    )


def _start(shelf: Shelf, query: Query) -> Numbers:
    return shelf.columns.taught_by(query.only_of) if query.only_of else shelf.columns.live


def _matched(shelf: Shelf, text: str) -> tuple[Numbers, dict[int, float]]:
    """What has the words, and how well it fits, the lower the better.

    Where more is found than anybody looks through, only what has them in its title is ranked; that goes first.
    """
    with shelf.lock:
        asked = words.expression(shelf.connection, shelf.words, text)
        if asked is None:
            return 0, {}
        scores = _scores(shelf, asked, MOST_RANKED + 1)
        if len(scores) <= MOST_RANKED:
            return set_of(scores), scores
        every: Any = shelf.connection.execute("SELECT rowid FROM text WHERE text MATCH ?", (asked,)).fetchall()
        return set_of(n for (n,) in every), _scores(shelf, f"title : ({asked})", MOST_RANKED)


def _scores(shelf: Shelf, asked: str, most: int) -> dict[int, float]:
    found: Any = shelf.connection.execute(f"{_RANKED} LIMIT ?", (asked, most)).fetchall()
    return dict(found)


def _page(shelf: Shelf, query: Query, chosen: Numbers, scores: Mapping[int, float] | None) -> list[int]:
    if query.order is not None or scores is None:
        return shelf.columns.sorted(chosen, query.order or NEWEST, query.first, query.size)
    best = sorted(held_of(scores, chosen), key=lambda n: (scores[n], -n))
    page = best[query.first : query.first + query.size]
    if len(page) < query.size and len(best) < chosen.bit_count():
        rest, passed = chosen & ~set_of(best), max(0, query.first - len(best))
        page += shelf.columns.sorted(rest, NEWEST, passed, query.size - len(page))
    return page


def _filters(shelf: Shelf, query: Query) -> Iterator[tuple[str, Numbers]]:
    """By facet, the courses that one filter leaves. Each facet is counted without its own."""
    columns = shelf.columns
    if query.category:
        yield "category", shelf.by_category.get(category_id(shelf, query.category), 0)
    for name, values in (("level", query.level), ("language", query.language)):
        if values:
            yield name, _any(columns.sets[name].get(value, 0) for value in values)
    if query.min_price is not None or query.max_price is not None or query.free is not None:
        yield "price", _priced(shelf, query)
    if query.min_rating:
        yield "rating", columns.at_least("rating", round(query.min_rating * 100))
    if query.instructor:
        yield "instructor", columns.taught_by(query.instructor)
    if query.status:
        yield "status", columns.sets["status"].get(query.status, 0)


def category_id(shelf: Shelf, named: str) -> str:
    if named in shelf.categories:
        return named
    return next((each.id for each in shelf.categories.values() if each.slug == named), named)


def _priced(shelf: Shelf, query: Query) -> Numbers:
    at_least, left = shelf.columns.at_least, shelf.columns.live
    if query.min_price:
        left &= at_least("price", query.min_price)
    if query.max_price is not None:
        left &= ~at_least("price", query.max_price + 1)
    if query.free is not None:
        left &= ~at_least("price", 1) if query.free else at_least("price", 1)
    return left


def _facets(shelf: Shelf, start: Numbers, filters: Mapping[str, Numbers]) -> dict[str, list[dict[str, Any]]]:
    left = {name: _all(start, (each for other, each in filters.items() if other != name)) for name in FACETS}
    sets, at_least = shelf.columns.sets, shelf.columns.at_least
    paid = at_least("price", 1)
    named = {each.id: each for each in shelf.categories.values()}
    by_category = {id: bits for id, bits in shelf.by_category.items() if id in named}
    return {
        "category": [
            {"value": id, "slug": named[id].slug, "title": named[id].title, "parent": named[id].parent, "count": count}
            for id, count in _counts(left["category"], by_category)
        ],
        "level": [{"value": value, "count": count} for value, count in _counts(left["level"], sets["level"])],
        "language": [{"value": value, "count": count} for value, count in _counts(left["language"], sets["language"])],
        "price": [
            {"value": value, "count": count}
            for value, count in _counts(left["price"], {"free": ~paid & shelf.columns.live, "paid": paid})
        ],
        "rating": [
            {"value": stars, "count": count}
            for stars in STARS
            if (count := (left["rating"] & at_least("rating", round(stars * 100))).bit_count())
        ],
    }


def _counts(left: Numbers, sets: Mapping[str, Numbers]) -> list[tuple[str, int]]:
    """The values that occur, the most frequent first."""
    counted = ((value, (left & bits).bit_count()) for value, bits in sets.items())
    return sorted(((value, count) for value, count in counted if count), key=lambda each: (-each[1], each[0]))


def _all(start: Numbers, sets: Any) -> Numbers:
    for each in sets:
        start &= each
    return start


def _any(sets: Iterator[Numbers]) -> Numbers:
    together = 0
    for each in sets:
        together |= each
    return together


def related(shelf: Shelf, course_id: str, size: int) -> Found | None:
    """By the words of its title that few courses share, then by category; filled up with the most attended of it."""
    with shelf.lock:
        number = shelf.number(course_id)
        if number is None:
            return None
        row = shelf.columns.rows[number] or ()
        scores = _kin(shelf, str(row[0]))
    columns = shelf.columns
    mates = _mates(shelf, row) & ~(1 << number)
    scores.pop(number, None)
    near = sorted(scores, key=lambda n: (scores[n] * (2 if mates >> n & 1 else 1), -n))
    popular: Order = (("students", True), ("rating", True))
    filled = columns.sorted(mates, popular, 0, size + len(near))
    chosen = list(dict.fromkeys([*(n for n in near if mates >> n & 1), *filled, *near]))[:size]
    return Found(len(chosen), shelf.cards(chosen))


def _kin(shelf: Shelf, title: str) -> dict[int, float]:
    tokens = [token for token in dict.fromkeys(words.tokens(title)) if len(token) > 2]
    if not tokens:
        return {}
    sql = "SELECT doc FROM word WHERE term = ?"
    spread = {token: (shelf.connection.execute(sql, (token,)).fetchone() or (0,))[0] for token in tokens}
    telling = [token for token in sorted(tokens, key=lambda token: spread[token]) if spread[token] > 1][:_TELLING]
    if not telling:
        return {}
    asked = "title : (" + " OR ".join(f'"{token}"' for token in telling) + ")"
    return _scores(shelf, asked, _KIN)


def _mates(shelf: Shelf, row: Any) -> Numbers:
    category = str(row[2] or "")
    parent = shelf.categories[category].parent if category in shelf.categories else None
    return shelf.by_category.get(parent or category, 0) & shelf.columns.live


def lessons(shelf: Shelf, query: LessonQuery) -> Found:
    """In the order of the catalogue, those of a course one after the other; where a text is given, the best first."""
    with shelf.lock:
        source, where, values, ranked = _lessons_asked(shelf, query)
        if source is None:
            return Found(0, [])
        count = _lessons_count(shelf, source, where, values)
        sql = f"SELECT {_LISTED} FROM {source} {where} ORDER BY {ranked} LIMIT ? OFFSET ?"  # noqa: S608
        rows = shelf.connection.execute(sql, (*values, query.size, query.first)).fetchall()
    return Found(count, [_lesson(row) for row in rows])


def _lessons_asked(shelf: Shelf, query: LessonQuery) -> tuple[str | None, str, list[Any], str]:
    source = f"lesson CROSS JOIN {_COURSE}"
    conditions, values, ranked = list[str](), list[Any](), "lesson.n"
    if query.text.strip():
        asked = words.expression(shelf.connection, words.Words(), query.text, table="lesson_text")
        if asked is None:
            return None, "", [], ""
        source, ranked = f"{_NAMED} CROSS JOIN {_COURSE}", "rank, lesson.n"
        conditions, values = ["lesson_text MATCH ?"], [asked]
    if query.course:
        number = shelf.number(query.course)
        if number is None:
            return None, "", [], ""
        conditions.append("lesson.n BETWEEN ? AND ?")
        values += [number << PLACES, ((number + 1) << PLACES) - 1]
    if query.kg_class:
        conditions.append("lesson.kg_class = ?")
        values.append(query.kg_class)
    if query.only_of:
        conditions.append("thing.instructor = ?")
        values.append(query.only_of)
    return source, f"WHERE {' AND '.join(conditions)}" if conditions else "", values, ranked


def _lessons_count(shelf: Shelf, source: str, where: str, values: list[Any]) -> int:
    if not where:
        source = "lesson"
    rows: Any = shelf.connection.execute(f"SELECT count(*) FROM {source} {where}", values).fetchall()  # noqa: S608
    return int(rows[0][0])


def _lesson(row: tuple[Any, ...]) -> LessonFound:
    (
        _,
        ordinal,
        title,
        kind,
        minutes,
        preview,
        kg_class,
        id,
        what,
        of,
        instructor,
        status,
        access,
        reason,
        unlocks_at,
    ) = row
    in_course = what == "course"
    return LessonFound(
        id=f"les_{id.removeprefix('crs_')}-{ordinal}" if in_course else id,
        title=title,
        kind=kind,
        minutes=minutes,
        preview=bool(preview),
        kg_class=kg_class,
        course_id=id if in_course else None,
        course_title=of if in_course else None,
        instructor_id=instructor,
        status=status or "published",
        access=access,
        reason=reason,
        unlocks_at=unlocks_at,
    )
