"""What the rest of the product asks of the catalogue: a course's public page, titles, a search, lessons, counts.

Only what is published is in these answers, whoever asks; `joining` adds what its author or an administrator may see.
The catalogue lags behind the table by a second or two. Its first use in an instance loads it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from chalicelib.catalog.index import asking, holding
from chalicelib.catalog.index.asking import Found, LessonQuery, Query
from chalicelib.catalog.index.shelves import Page

__all__ = ["Found", "LessonQuery", "Page", "Query", "counts", "lessons", "page", "related", "search", "titles"]


def page(course_id: str, now: datetime) -> Page | None:
    """The public page of a published course, as JSON text with its ETag; None for any other course.

    Also none while there is no catalogue, and from the moment at which a lesson opens by its date until the page is
    made anew: the table knows then.
    """
    with suppress(holding.CatalogueUnavailable):
        found = holding.current(now).page(course_id)
        return None if found is None or found.until <= now.timestamp() else found
    return None


def titles(course_ids: Iterable[str], now: datetime) -> Mapping[str, str]:
    """The titles of those that are published."""
    with suppress(holding.CatalogueUnavailable):
        return holding.current(now).titles(course_ids)
    return {}


def counts(now: datetime) -> Mapping[str, int]:
    """How many published courses stand in each category, those of its children included."""
    with suppress(holding.CatalogueUnavailable):
        return holding.current(now).counts()
    return {}


def search(query: Query, now: datetime) -> Found:
    """Published courses; raises `CatalogueUnavailable` where an instance has no catalogue yet."""
    return asking.found(holding.current(now), query)


def related(course_id: str, size: int, now: datetime) -> Found | None:
    """Published courses that resemble a published one, the likest first; None for any other course."""
    return asking.related(holding.current(now), course_id, size)


def lessons(query: LessonQuery, now: datetime) -> Found:
    """Lessons of published courses, and published ones without a course."""
    return asking.lessons(holding.current(now), query)
