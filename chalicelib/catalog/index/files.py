"""The SQLite file of the catalogue: its tables, and how an entry is put in, replaced and taken out.

The worker makes it and publishes it; an instance of the API opens its own copy and keeps that up to date. SQLite comes
with `apsw`, imported here and only when the first file is opened: the runtime's own may lack FTS5.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.catalog.index.cards import CLOSED, GONE, PUBLISHED, Entry, etag

if TYPE_CHECKING:
    from apsw import Connection

#: Another form of file gets another number; an instance takes only its own.
FORM = 1
#: The number of a lesson is that of its course with its place below it.
PLACES = 14
#: Vowel signs belong to their letters in the scripts of India; `c++` and `c#` are names.
TOKENS = """tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc' tokenchars '+#'" """
COLUMNS = (
    "slug title status category level language instructor price rating students minutes lessons published created "
    "updated"
).split()
TABLES = f"""
CREATE TABLE form(number INTEGER);
CREATE TABLE thing(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, what TEXT NOT NULL, {", ".join(COLUMNS)});
CREATE TABLE shown(n INTEGER PRIMARY KEY, card TEXT, access TEXT, reason TEXT, page BLOB, etag TEXT, until REAL);
CREATE TABLE lesson(n INTEGER PRIMARY KEY, ordinal, title, kind, minutes, preview, kg_class,
    access, reason, unlocks_at);
CREATE INDEX lesson_class ON lesson(kg_class) WHERE kg_class IS NOT NULL;
CREATE TABLE closed(id TEXT PRIMARY KEY, what TEXT, instructor TEXT, updated INTEGER, entry BLOB) WITHOUT ROWID;
CREATE INDEX closed_newest ON closed(what, updated);
CREATE INDEX closed_of ON closed(what, instructor, updated);
CREATE TABLE category(id TEXT PRIMARY KEY, slug TEXT, title TEXT, parent TEXT);
CREATE VIRTUAL TABLE text USING fts5(title, about, description, lessons, instructor, category,
    content='', contentless_delete=1, {TOKENS});
CREATE VIRTUAL TABLE lesson_text USING fts5(title, content='', contentless_delete=1, {TOKENS});
CREATE VIRTUAL TABLE word USING fts5vocab(text, 'row');
CREATE VIRTUAL TABLE lesson_word USING fts5vocab(lesson_text, 'row');
"""


class Damaged(Exception):
    """A file that is not what was published."""


def create(path: Path) -> "Connection":
    connection = connect(path)
    connection.execute(TABLES)
    connection.execute("INSERT INTO form VALUES(?)", (FORM,))
    return connection


def connect(path: Path) -> "Connection":
    import apsw  # 5 ms, and only the catalogue needs it

    connection = apsw.Connection(str(path))
    # It is a copy that can be made again: nothing is gained by waiting for a disk.
    connection.execute("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA cache_size=-8000")
    connection.execute("PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY")
    return connection


def opened(path: Path) -> "Connection":
    """A file that was published; refused (`Damaged`) where it is not one of ours."""
    import apsw

    try:
        connection = connect(path)
        [(form,)] = connection.execute("SELECT number FROM form")
    except (apsw.Error, ValueError) as error:
        raise Damaged(str(error)) from error
    if form != FORM:
        raise Damaged(f"form {form}, wanted {FORM}")
    return connection


@contextmanager
def transaction(connection: "Connection") -> Iterator[None]:
    with connection:
        yield


@contextmanager
def undone(connection: "Connection") -> Iterator[None]:
    """Whatever is put in meanwhile is taken back: for rows that only one person may see."""
    connection.execute("SAVEPOINT meanwhile")
    try:
        yield
    finally:
        connection.execute("ROLLBACK TO meanwhile; RELEASE meanwhile")


def put_all(connection: "Connection", entries: Iterable[Entry]) -> list[int]:
    """Each replaces what is there of the same thing; returns the numbers that have changed."""
    return [number for entry in entries if (number := put(connection, entry))]


def put(connection: "Connection", entry: Entry) -> int | None:
    number = take_out(connection, entry["id"])
    if entry["state"] == GONE:
        return number
    if entry["state"] == CLOSED:
        _keep_closed(connection, entry)
        return number
    return _place(connection, number, entry)


def join(connection: "Connection", entries: Iterable[Entry]) -> list[int]:
    """Put in as if they were published, for those who may see them; only ever inside `undone`."""
    return put_all(connection, ({**entry, "state": PUBLISHED} for entry in entries if entry["state"] != GONE))


def take_out(connection: "Connection", id: str) -> int | None:
    """Returns the number it had; a thing that comes back keeps it."""
    connection.execute("DELETE FROM closed WHERE id = ?", (id,))
    found = connection.execute("SELECT n FROM thing WHERE id = ?", (id,)).fetchone()
    if found is None:
        return None
    number: int = found[0]
    below, above = number << PLACES, (number + 1) << PLACES
    for (n,) in connection.execute("SELECT n FROM lesson WHERE n >= ? AND n < ?", (below, above)).fetchall():
        connection.execute("DELETE FROM lesson_text WHERE rowid = ?", (n,))
    connection.execute("DELETE FROM lesson WHERE n >= ? AND n < ?", (below, above))
    connection.execute("DELETE FROM text WHERE rowid = ?", (number,))
    connection.execute("DELETE FROM shown WHERE n = ?", (number,))
    connection.execute("DELETE FROM thing WHERE n = ?", (number,))
    return number


def _keep_closed(connection: "Connection", entry: Entry) -> None:
    facts = entry["facts"]
    row = (entry["id"], entry["what"], facts["instructor"], facts["updated"], packed(entry))
    connection.execute("INSERT INTO closed VALUES(?, ?, ?, ?, ?)", row)


def _place(connection: "Connection", number: int | None, entry: Entry) -> int:
    facts = entry["facts"]
    marks = ", ".join("?" * (len(COLUMNS) + 3))
    values = (number, entry["id"], entry["what"], *(facts.get(name) for name in COLUMNS))
    connection.execute(f"INSERT INTO thing VALUES({marks})", values)
    placed = connection.last_insert_rowid() if number is None else number
    if entry["what"] == "course":
        _show(connection, placed, entry)
    for place, lesson in enumerate(entry["lessons"]):
        n = (placed << PLACES) + place
        connection.execute("INSERT INTO lesson VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (n, *lesson))
        connection.execute("INSERT INTO lesson_text(rowid, title) VALUES(?, ?)", (n, lesson[1]))
    return placed


def _show(connection: "Connection", number: int, entry: Entry) -> None:
    page = entry["page"]
    shown = (
        entry["card"],
        entry["access"],
        entry["reason"],
        zlib.compress(page.encode(), 6),
        etag(page),
        entry["until"],
    )
    connection.execute("INSERT INTO shown VALUES(?, ?, ?, ?, ?, ?, ?)", (number, *shown))
    connection.execute("INSERT INTO text(rowid, title, about, description, lessons, instructor, category) "
                       "VALUES(?, ?, ?, ?, ?, ?, ?)", (number, *entry["words"]))  # fmt: skip


def put_categories(connection: "Connection", rows: Iterable[Iterable[Any]]) -> None:
    connection.execute("DELETE FROM category")
    connection.executemany("INSERT INTO category VALUES(?, ?, ?, ?)", [tuple(row) for row in rows])


def finish(connection: "Connection") -> None:
    """Before a file is published: the search in one piece, and nothing left over of what was replaced."""
    connection.execute("INSERT INTO text(text) VALUES('optimize')")
    connection.execute("INSERT INTO lesson_text(lesson_text) VALUES('optimize')")
    connection.execute("VACUUM")
    connection.close()


def packed(entry: Entry) -> bytes:
    return zlib.compress(json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode(), 6)


def unpacked(packed: bytes) -> Entry:
    try:
        entry: Entry = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError) as error:
        raise Damaged("no entry") from error
    return entry
