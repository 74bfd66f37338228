"""How many courses each value of a facet would leave, every other filter kept. `asking` asks."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.catalog.index.columns import Numbers
from chalicelib.catalog.index.shelves import Shelf

#: Steps of the facet of stars.
STARS = (4.5, 4.0, 3.5, 3.0)
FACETS = ("category", "level", "language", "price", "rating")


def counted(shelf: Shelf, start: Numbers, filters: Mapping[str, Numbers]) -> dict[str, list[dict[str, Any]]]:
    """`filters` are the sets that each filter leaves, by the facet that it belongs to."""
    left = {name: left_of(start, (each for other, each in filters.items() if other != name)) for name in FACETS}
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


def left_of(start: Numbers, sets: Iterable[Numbers]) -> Numbers:
    """What of a set is in all of these too."""
    for each in sets:
        start &= each
    return start
