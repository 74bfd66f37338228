"""Courses that resemble another one. `GET /courses/{course_id}/related` asks."""

from typing import Any

from chalicelib.catalog.index import words
from chalicelib.catalog.index.asking import Found, scores_of
from chalicelib.catalog.index.columns import Numbers, Order
from chalicelib.catalog.index.shelves import Shelf

#: So many of a course's words find its relatives.
_TELLING = 4
_KIN = 200


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
    return scores_of(shelf, asked, _KIN)


def _mates(shelf: Shelf, row: Any) -> Numbers:
    category = str(row[2] or "")
    parent = shelf.categories[category].parent if category in shelf.categories else None
    return shelf.by_category.get(parent or category, 0) & shelf.columns.live
