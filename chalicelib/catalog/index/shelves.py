"""A shelf: one state of the catalogue, open for reading. `holding` keeps an instance's newest, `asking` reads it."""

import json
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.catalog.index import files
from chalicelib.catalog.index.cards import Entry
from chalicelib.catalog.index.columns import Columns, Numbers, set_of
from chalicelib.catalog.index.words import Words
from chalicelib.settings import settings

if TYPE_CHECKING:
    from apsw import Connection

FOREVER = float("inf")
#: What so many courses have is kept, for so many questions.
FREQUENT, KEPT = 1000, 200
#: One text instead of a row for each: SQLite writes it faster than rows are handed over.
_HAVING = "SELECT json_group_array(rowid) FROM text WHERE text MATCH ?"
_CARDS = """SELECT thing.id, instructor, card, access, reason FROM json_each(?) AS wanted
JOIN thing ON thing.n = wanted.value JOIN shown ON shown.n = thing.n ORDER BY wanted.key"""
_TITLES = f"""SELECT thing.id, lesson.ordinal, lesson.title FROM json_each(?) AS wanted
JOIN thing ON thing.id = wanted.value ->> 0 CROSS JOIN lesson
ON lesson.n BETWEEN thing.n << {files.PLACES} AND ((thing.n + 1) << {files.PLACES}) - 1
AND lesson.ordinal = wanted.value ->> 1"""  # noqa: S608 -- a number of ours


class Page(NamedTuple):
    """A course's public page: `body` is JSON text as it is sent, with the ETag of an anonymous reader's answer."""

    course_id: str
    instructor_id: str
    body: str
    etag: str
    #: Until when (in seconds) the page says what is true: dates open lessons.
    until: float


class Shelved(NamedTuple):
    """A card without how open the course is to whoever asks: that follows it."""

    id: str
    instructor: str
    card: str
    access: str
    reason: str


class Category(NamedTuple):
    id: str
    slug: str
    title: str
    parent: str | None


@dataclass(eq=False)
class Shelf:
    """`lock` guards the connection: threads of the local server share it, and must not see what others have joined."""

    connection: "Connection"
    columns: Columns
    lock: threading.RLock
    words: Words
    #: Answers that were given, for as long as the shelf is the newest.
    answers: dict[Any, Any] = field(default_factory=dict)
    #: What was asked of FTS5 and many courses have; as long as the answers.
    frequent: dict[str, Numbers] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: "Connection") -> "Shelf":
        return cls(connection, Columns.of(connection), threading.RLock(), Words())

    def after(self, entries: list[Entry], categories: list[list[Any]] | None) -> "Shelf":
        """The shelf with these changes. The connection goes on; whoever still has the old one sees some rows change."""
        with self.lock:
            with self.connection:
                numbers = files.put_all(self.connection, entries)
                if categories is not None:
                    files.put_categories(self.connection, categories)
            columns = self.columns.after(self.connection, numbers).settled()
            return Shelf(self.connection, columns, self.lock, self.words.after(entries))

    @contextmanager
    def joined(self, entries: list[Entry]) -> Iterator["Shelf"]:
        """The shelf with rows that only one person may see, for as long as it is held."""
        with self.lock, files.undone(self.connection):
            numbers = files.join(self.connection, entries)
            yield Shelf(self.connection, self.columns.after(self.connection, numbers), self.lock, self.words)

    def having(self, asked: str) -> Numbers:
        """The courses that FTS5 finds. Those of a frequent word are kept: they are what takes time to list."""
        known = self.frequent.get(asked)
        if known is None:
            [(listed,)] = self.connection.execute(_HAVING, (asked,)).fetchall()
            known = set_of(json.loads(str(listed)))
            if settings.enable_cache and known.bit_count() >= FREQUENT and len(self.frequent) < KEPT:
                self.frequent[asked] = known
        return known

    def page(self, course_id: str) -> Page | None:
        sql = "SELECT t.instructor, s.page, s.etag, s.until FROM thing t JOIN shown s USING(n) WHERE t.id = ?"
        with self.lock:
            found = self.connection.execute(sql, (course_id,)).fetchone()
        if found is None:
            return None
        instructor, packed, etag, until = found
        return Page(course_id, instructor, zlib.decompress(packed).decode(), etag, until or FOREVER)

    def cards(self, numbers: list[int]) -> list[Shelved]:
        with self.lock:
            rows = self.connection.execute(_CARDS, (json.dumps(numbers),)).fetchall()
        return [Shelved(*row) for row in rows]  # type: ignore[arg-type]  # columns have no types

    def updated(self, ids: list[str]) -> dict[str, int]:
        """When those of them that are here were changed."""
        sql = "SELECT thing.id, updated FROM thing JOIN json_each(?) AS wanted ON thing.id = wanted.value"
        with self.lock:
            rows: Any = self.connection.execute(sql, (json.dumps(ids),)).fetchall()
        return dict(rows)

    def lesson_titles(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Of lessons by course and number."""
        with self.lock:
            rows: Any = self.connection.execute(_TITLES, (json.dumps(list(wanted)),)).fetchall()
        return {(course, ordinal): title for course, ordinal, title in rows}

    def number(self, course_id: str) -> int | None:
        with self.lock:
            found = self.connection.execute(
                "SELECT n FROM thing WHERE id = ? AND what = 'course'", (course_id,)
            ).fetchone()
        return None if found is None else found[0]

    def closed(self, what: str, limit: int, instructor: str | None = None) -> list[Entry]:
        """The newest of what is not published, for administrators."""
        narrowed = "" if instructor is None else "AND instructor = ?"
        sql = f"SELECT entry FROM closed WHERE what = ? {narrowed} ORDER BY updated DESC LIMIT ?"  # noqa: S608 -- ours
        values = (what, limit) if instructor is None else (what, instructor, limit)
        with self.lock:
            return [files.unpacked(packed) for (packed,) in self.connection.execute(sql, values)]

    @cached_property
    def categories(self) -> Mapping[str, Category]:
        with self.lock:
            rows: Any = self.connection.execute("SELECT id, slug, title, parent FROM category").fetchall()
        return {row[0]: Category(*row) for row in rows}

    @cached_property
    def by_category(self) -> Mapping[str, Numbers]:
        """The courses of each category; those of its children are also its own."""
        held = dict(self.columns.sets["category"])
        for each in self.categories.values():
            if each.parent:
                held[each.parent] = held.get(each.parent, 0) | self.columns.sets["category"].get(each.id, 0)
        held.pop("", None)
        return held
