"""What readers of courses ask of the catalogue: the public page of a course, ready to be sent.

The catalogue lags behind the table by a second or two. Its first use in an instance loads it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from chalicelib.catalog.index import holding
from chalicelib.catalog.index.shelves import Page

__all__ = ["Page", "lesson_titles", "offers", "page"]


def page(course_id: str, now: datetime) -> Page | None:
    """The public page of a published course, as JSON text with its ETag; None for any other course.

    Also none while there is no catalogue, and from the moment at which a lesson opens by its date until the page is
    made anew: the table knows then.
    """
    with suppress(holding.CatalogueUnavailable):
        found = holding.current().page(course_id)
        return None if found is None or found.until <= now.timestamp() else found
    return None


def lesson_titles(wanted: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
    """Of published lessons by course and number, as far as this instance knows them without loading anything."""
    with suppress(holding.CatalogueUnavailable):
        shelf = holding.at_hand()
        return shelf.lesson_titles(wanted) if shelf else {}
    return {}


def offers(thing: str) -> bool:
    """Whether the catalogue shows this course or lesson; where this instance has none yet, it shows nothing."""
    with suppress(holding.CatalogueUnavailable):
        shelf = holding.at_hand()
        return shelf is not None and bool(shelf.updated([thing]))
    return False
