"""The engine of lists and searches of courses; `facets`, `relatives` and `lessons` ask the same shelf.

A question meets a `Shelf`: that of everybody, or one with a person's own rows joined. What is not on it, no answer can
tell, and no count can count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.catalog.index import facets, words
from chalicelib.catalog.index.columns import NEWEST, Numbers, Order, held_of, set_of, union
from chalicelib.catalog.index.shelves import Shelf

#: How much more a word counts in the title than in the lessons: title, about, description, lessons, teacher, category.
WEIGHTS = (10.0, 4.0, 1.0, 2.0, 5.0, 3.0)
_RANKED = f"SELECT rowid, bm25(text, {', '.join(map(str, WEIGHTS))}) FROM text WHERE text MATCH ?"  # noqa: S608 -- numbers of ours
#: So many are ranked by how well they fit.
MOST_RANKED = 1000


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
class Found:
    """How many there are, a page of them, and the counts of each facet."""

    count: int
    results: list[Any]
    facets: Mapping[str, list[dict[str, Any]]] | None = None


def found(shelf: Shelf, query: Query) -> Found:
    start, scores = _start(shelf, query), None
    if query.text.strip():
        matched, scores = _matched(shelf, query.text)
        start &= matched
    filters = dict(_filters(shelf, query))
    chosen = facets.left_of(start, filters.values())
    return Found(
        chosen.bit_count(),
        shelf.cards(_page(shelf, query, chosen, scores)),
        facets.counted(shelf, start, filters) if query.facets else None,
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
        every = shelf.having(asked)
        ranked = asked if every.bit_count() <= MOST_RANKED else f"title : ({asked})"
        return every, scores_of(shelf, ranked, MOST_RANKED)


def scores_of(shelf: Shelf, asked: str, most: int) -> dict[int, float]:
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
            yield name, union(columns.sets[name].get(value, 0) for value in values)
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
