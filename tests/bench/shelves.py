"""The catalogue of a scene and of the replay: courses that `catalogue` makes up, and those of `data` among them.

It is held as an instance holds it between two looks at the pointer, which cost half a read unit a second and no more.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.catalog.index import cards, files, holding
from chalicelib.catalog.index.cards import About, Entry
from chalicelib.catalog.index.shelves import Shelf
from tests.bench import catalogue, data, goods

SMALL, LARGE = 40, 10_000
TEACHER = f"usr_{0:026d}"


def stocked(path: Path, amount: int, lessons: int) -> None:
    """A file with so many courses, and those of the scene with so many lessons."""
    connection = files.create(path)
    with connection:
        files.put_all(connection, [*catalogue.entries(amount), *_entries(lessons)])
        files.put_categories(connection, catalogue.SHELVES)
    files.finish(connection)
    connection.close()


def _entries(lessons: int) -> Iterator[Entry]:
    stock = [data.course_of(TEACHER, lessons), data.open_course(TEACHER, lessons), *goods.known()]
    for course, curriculum in stock:
        yield cards.of_course(About(course, curriculum, None, "Meera Nair", None), catalogue.NOW)


@cache
def _folder() -> "TemporaryDirectory[str]":
    """For as long as this process lives."""
    return TemporaryDirectory()


def held(lessons: int) -> None:
    """From here on this process answers from a small catalogue, and looks for no other."""
    path = Path(_folder().name, f"{lessons}.db")
    if not path.exists():
        stocked(path, SMALL, lessons)
    holding._holder.held = holding.Held(Shelf.of(files.opened(path)), "base", 1)
    holding._holder.looked = float("inf")
