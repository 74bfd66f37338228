"""How much work a search is, counted in steps of SQLite and not in seconds: `docs/performance.md` has those."""

import random
from itertools import accumulate
from pathlib import Path

import pytest

from chalicelib.catalog.index import asking, files
from chalicelib.catalog.index.asking import Query
from chalicelib.catalog.index.cards import Entry
from chalicelib.catalog.index.shelves import Shelf
from tests.unit.test_catalogue_search import entry

FEW, MANY = 80, 800
#: SQLite takes ten million such steps a second and more.
MOST_STEPS = 60_000


def words() -> list[str]:
    chance = random.Random(7)
    syllables = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]
    return list(dict.fromkeys("".join(chance.choices(syllables, k=chance.choice([2, 3, 4]))) for _ in range(9_000)))


KNOWN = words()


def catalogue(amount: int) -> list[Entry]:
    """Courses whose words are as frequent as words are: the second half as often as the first, and so on."""
    chance, shares = random.Random(amount), list(accumulate(1 / (each + 5) for each in range(len(KNOWN))))
    said = [" ".join(chance.choices(KNOWN, cum_weights=shares, k=40)) for _ in range(amount)]
    return [entry(f"{text[:40]} {number}", description=text) for number, text in enumerate(said)]


def shelf_of(folder: Path, amount: int) -> Shelf:
    connection = files.create(folder / f"{amount}.db")
    with connection:
        files.put_all(connection, catalogue(amount))
    return Shelf.of(connection)


def steps(shelf: Shelf, text: str) -> int:
    taken = [0]

    def count() -> bool:
        taken[0] += 1
        return False

    shelf.connection.set_progress_handler(count, 10)
    found = asking.found(shelf, Query(text=text, facets=True))
    shelf.connection.set_progress_handler(None)
    assert found.count
    return taken[0] * 10


@pytest.mark.row("M127")
def test_a_search_is_little_work_and_grows_less_than_the_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_RANKED", 20)
    few, many = shelf_of(tmp_path, FEW), shelf_of(tmp_path, MANY)
    asked = {"frequent": KNOWN[0], "two words": f"{KNOWN[0]} {KNOWN[1]}", "mistyped": f"{KNOWN[3]}x"}
    for name, text in asked.items():
        small, large = steps(few, text), steps(many, text)
        assert large < MOST_STEPS, (name, large)
        assert large < small * MANY / FEW / 2, (name, small, large)
