"""From what somebody typed to what is looked for: beginnings of words, and words that were meant by small mistakes.

FTS5 knows nothing of typing errors, so a word that begins no word of the catalogue is compared with all of them: one
mistake in a word of four letters or more, two in one of eight or more. `pyhton` finds Python, and nothing finds a word
that stands only in a draft.
"""

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.catalog.index.cards import PUBLISHED, Entry

if TYPE_CHECKING:
    from apsw import Connection

LONGEST = 200
#: So many words of a question count; more make it no clearer.
MOST = 12
#: From how many letters on so many mistakes are forgiven.
FORGIVEN = ((8, 2), (4, 1))
MEANT = 3
_MARKS = range(0x300, 0x370)


def tokens(text: str) -> list[str]:
    """As the tokenizer of the file cuts and folds it."""
    plain = "".join(each for each in unicodedata.normalize("NFD", text.casefold()) if ord(each) not in _MARKS)
    letters = (each if _is_part(each) else " " for each in unicodedata.normalize("NFC", plain))
    return "".join(letters).split()


def _is_part(letter: str) -> bool:
    return letter in "+#" or unicodedata.category(letter) in ("Mn", "Mc", "Co") or letter.isalnum()


class Words:
    """The words of a shelf with the number of courses that have them; read when the first typing error comes."""

    def __init__(self) -> None:
        self._by_length: dict[int, dict[str, tuple[int, int]]] = {}

    def after(self, entries: Iterable[Entry]) -> "Words":
        """Words of new courses join. One that nothing has any more stays, and is passed over."""
        if self._by_length:
            public = [entry for entry in entries if entry["state"] == PUBLISHED]
            for token in {token for entry in public for text in entry.get("words", ()) for token in tokens(text)}:
                self._add(token, 1)
        return self

    def _add(self, word: str, courses: int) -> None:
        self._by_length.setdefault(len(word), {}).setdefault(word, (_letters(word), courses))

    def _load(self, connection: "Connection", vocabulary: str) -> None:
        for word, courses in connection.execute(f"SELECT term, doc FROM {vocabulary}"):  # noqa: S608 -- one of ours
            self._add(word, courses)

    def meant(self, connection: "Connection", typed: str, vocabulary: str = "word") -> list[str]:
        """The words nearest to a mistyped one, those with fewer mistakes and in more courses first."""
        most = next((mistakes for length, mistakes in FORGIVEN if len(typed) >= length), 0)
        if not most:
            return []
        if not self._by_length:
            self._load(connection, vocabulary)
        near = []
        for word, courses in self._candidates(typed, most):
            # A last letter that is not typed yet, or the s of several, is no mistake.
            mistakes = min(distance(typed, word, most), distance(typed, word[:-1], most))
            if mistakes <= most:
                near.append((mistakes, -courses, word))
        return _nearest(connection, vocabulary, near)

    def _candidates(self, typed: str, most: int) -> list[tuple[str, int]]:
        """Those of about the same letters: each mistake changes at most two of them."""
        letters = _letters(typed)
        return [
            (word, courses)
            for length in range(len(typed) - most, len(typed) + most + 2)
            for word, (others, courses) in self._by_length.get(length, {}).items()
            if (others ^ letters).bit_count() <= 2 * most + 1
        ]


def _nearest(connection: "Connection", vocabulary: str, near: list[tuple[int, int, str]]) -> list[str]:
    """Those that still stand in the catalogue: a word that has gone must not stand in the way of one that is there."""
    meant: list[tuple[int, str]] = []
    for mistakes, _, word in sorted(near):
        if len(meant) == MEANT or (meant and mistakes > meant[0][0]):
            break
        if _stands(connection, vocabulary, word):
            meant.append((mistakes, word))
    return [word for _, word in meant]


def _stands(connection: "Connection", vocabulary: str, word: str) -> bool:
    sql = f"SELECT 1 FROM {vocabulary} WHERE term = ?"  # noqa: S608 -- one of ours
    return connection.execute(sql, (word,)).fetchone() is not None


def _letters(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def distance(one: str, other: str, most: int) -> int:
    """How many letters are missing, too many, wrong, swapped with their neighbour or come two places early or late.

    More than `most` is `most + 1`.
    """
    older: list[int] = []
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        oldest, older, before, row = older, before, row, [i]
        for j, against in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, older[j - 2] + 1)
            if i > 2 and j > 2 and letter in other[j - 3 : j - 1] and _turned(one[i - 3 : i], other[j - 3 : j]):
                cost = min(cost, oldest[j - 3] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def _turned(one: str, other: str) -> bool:
    """Whether a letter stands on the other side of two: `phyton` is meant to be `python`."""
    return one == other[1:] + other[0] or one == other[2] + other[:2]


def expression(connection: "Connection", words: Words, text: str, *, table: str = "text") -> str | None:
    """What FTS5 is asked; None where the text has no words. Every word must be found, each in its own ways."""
    asked = list(dict.fromkeys(tokens(text)))[:MOST]
    ways = [_ways(connection, words, token, table) for token in asked]
    return " AND ".join(ways) if ways else None


def _ways(connection: "Connection", words: Words, token: str, table: str) -> str:
    if len(token) > 1 and _matches(connection, f'"{token}" *', table):
        return f'("{token}" OR "{token}" *)'
    vocabulary = "word" if table == "text" else "lesson_word"
    alternatives = [token, *words.meant(connection, token, vocabulary)]
    return f"({' OR '.join(f'{quoted}' for quoted in map(_quoted, alternatives))})"


def _quoted(token: str) -> str:
    return f'"{token}"'


def _matches(connection: "Connection", expression: str, table: str) -> bool:
    sql = f"SELECT 1 FROM {table} WHERE {table} MATCH ? LIMIT 1"  # noqa: S608 -- a table of ours
    return connection.execute(sql, (expression,)).fetchone() is not None
