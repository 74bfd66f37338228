"""The engine of the catalogue on a file of its own: words and their mistakes, sets, orders, own rows, access."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.catalog import gates
from chalicelib.catalog.index import asking, cards, deltas, files, lessons, shelves, words
from chalicelib.catalog.index.asking import Query
from chalicelib.catalog.index.cards import About, Entry
from chalicelib.catalog.index.columns import members, set_of
from chalicelib.catalog.index.lessons import LessonQuery
from chalicelib.catalog.index.shelves import Shelf
from chalicelib.catalog.records import Course, Curriculum
from chalicelib.clock import derived_id
from chalicelib.learning import release
from chalicelib.learning.access import STRANGER

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def course(title: str, **changes: Any) -> Course:
    values = {"status": "published", "published_at": NOW, "updated_at": NOW, "created_at": NOW}
    id = derived_id("crs", title)
    made = {"id": id, "title": title, "slug": title.lower(), "instructor_id": "usr_1", **values, **changes}
    return Course(pk=f"COURSE#{id}", sk="COURSE", ver=1, **made)


def entry(title: str, teacher: str = "", curriculum: Curriculum | None = None, **changes: Any) -> Entry:
    return cards.of_course(About(course(title, **changes), curriculum, None, teacher), NOW)


def shelf_of(folder: Path, entries: Iterable[Entry]) -> Shelf:
    connection = files.create(folder / "catalogue.db")
    files.put_all(connection, entries)
    return Shelf.of(connection)


def titles(shelf: Shelf, **asked: Any) -> list[str]:
    found = asking.found(shelf, Query(**asked))
    rows = [shelf.number(each.id) for each in found.results]
    return [str((shelf.columns.rows[n or 0] or ("",))[0]) for n in rows]


SHOP = [
    "Python for beginners", "Modern JavaScript", "Photography at night", "Linear algebra", "Machine learning",
    "Databases", "C++ in depth", "C# from zero", "C for engineers", "Café culture", "हिन्दी व्याकरण", "R", "Arithmetic",
]  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Shelf:
    return shelf_of(tmp_path, [entry(title, "Meera Rao") for title in SHOP])


#: What must be found, whatever else the engine learns.
FORGIVEN = {
    "pyhton": "Python for beginners",  # two letters swapped
    "pythn": "Python for beginners",  # one missing
    "pythoon": "Python for beginners",  # one too many
    "pithon": "Python for beginners",  # a wrong one
    "ypthon": "Python for beginners",  # the first ones swapped
    "phyton": "Python for beginners",  # one that came too early
    "javscript": "Modern JavaScript",
    "fotography": "Photography at night",  # two mistakes in a long word
    "algebar": "Linear algebra",
    "machin lerning": "Machine learning",  # two words
    "databse": "Databases",
    "aritmetic": "Arithmetic",
}
FOUND = {
    "pyth": "Python for beginners",  # the beginning
    "PYTHON": "Python for beginners",
    "c++": "C++ in depth",
    "c#": "C# from zero",
    "cafe": "Café culture",
    "CAFÉ": "Café culture",
    "हिन्दी": "हिन्दी व्याकरण",
    "night photo": "Photography at night",  # any order
    "r": "R",
}


#: Nearer to what is typed than the word that was meant.
NEARER = "Pyhtonq"


def test_words_of_drafts_and_of_what_was_taken_back_do_not_stand_in_the_way(shop: Shelf) -> None:
    assert titles(shop, text="pyhton") == ["Python for beginners"]
    draft = entry(NEARER, status="draft")
    beside_a_draft = shop.after([draft], None)
    assert titles(beside_a_draft, text="pyhton") == ["Python for beginners"]
    beside_a_course = beside_a_draft.after([entry(NEARER)], None)
    assert titles(beside_a_course, text="pyhtonz") == [NEARER]
    assert titles(beside_a_course.after([draft], None), text="pyhton") == ["Python for beginners"]


def test_ones_own_drafts_leave_no_word_behind_for_others(shop: Shelf) -> None:
    with shop.joined([entry(NEARER, status="draft")]) as own:
        assert titles(own, text="pyhtonz") == [NEARER]
    assert titles(shop, text="pyhton") == ["Python for beginners"]


@pytest.mark.row("M107")
@pytest.mark.parametrize(("typed", "title"), (FORGIVEN | FOUND).items())
def test_words_their_beginnings_and_small_mistakes_find_a_course(shop: Shelf, typed: str, title: str) -> None:
    assert titles(shop, text=typed) == [title]


@pytest.mark.parametrize(
    "typed", ["xyzzy", "pyxxon", "cat", "dtabse from", '"', "' OR 1", "title:python", "()*^-", "NEAR"]
)
def test_what_nobody_means_finds_nothing_and_breaks_nothing(shop: Shelf, typed: str) -> None:
    assert titles(shop, text=typed) == []


def test_a_frequent_word_is_kept_until_the_catalogue_changes(shop: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts stay exact: what has the word now is found, whatever was kept."""
    monkeypatch.setattr(shelves, "FREQUENT", 2)
    before = asking.found(shop, Query(text="meera", facets=True))
    assert list(shop.frequent.values()) == [shop.columns.live]
    more = shop.after([entry("Ornithology", "Meera Rao")], None)
    assert (before.count, asking.found(more, Query(text="meera")).count) == (len(SHOP), len(SHOP) + 1)
    grown = more.after([entry("R", "Somebody Else")], None)
    assert asking.found(grown, Query(text="meera")).count == len(SHOP)
    with grown.joined([entry("A draft", "Meera Rao", status="draft")]) as own:
        assert asking.found(own, Query(text="meera")).count == len(SHOP) + 1
    assert asking.found(grown, Query(text="meera")).count == len(SHOP)


def test_a_teachers_name_finds_all_their_courses(shop: Shelf) -> None:
    assert len(titles(shop, text="meera")) == len(SHOP)


def test_a_word_of_the_title_counts_more_than_one_of_the_description(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, [entry("Waves", description="Light and more light"), entry("Light")])
    assert titles(shelf, text="light") == ["Light", "Waves"]


@pytest.mark.parametrize(
    ("one", "other", "mistakes"),
    [
        ("python", "python", 0),
        ("pyhton", "python", 1),
        ("phyton", "python", 1),
        ("pthon", "python", 1),
        ("abcd", "dcba", 3),
        ("ab", "ba", 1),
    ],
)
def test_mistakes_are_counted_as_people_make_them(one: str, other: str, mistakes: int) -> None:
    assert words.distance(one, other, 5) == mistakes
    assert words.distance(other, one, 5) == mistakes


def stocked(chance: random.Random, amount: int) -> list[Entry]:
    return [
        entry(
            f"{chance.choice('abcdef')}{number:03d}",
            level=chance.choice(["beginner", "advanced"]),
            language=chance.choice(["en", "hi"]),
            price_minor=chance.choice([0, 500, 1999, 4999]),
            published_at=NOW - timedelta(minutes=chance.randrange(50)),
        )
        for number in range(amount)
    ]


def test_lists_are_what_a_plain_loop_over_all_courses_would_give(tmp_path: Path) -> None:
    chance = random.Random(3)
    entries = stocked(chance, 300)
    shelf = shelf_of(tmp_path, entries)
    facts = [each["facts"] for each in entries]
    for _ in range(60):
        level, low, high = (
            chance.choice(["", "beginner"]),
            chance.choice([None, 500]),
            chance.choice([None, 1999, 4998]),
        )
        first, falling = chance.randrange(0, 200), chance.choice([True, False])
        kept = [
            each
            for each in facts
            if level in ("", each["level"]) and (low or 0) <= each["price"] <= (high if high is not None else 10**9)
        ]
        kept.sort(key=lambda each: each["title"])
        kept.sort(key=lambda each: each["price"], reverse=falling)
        levels = (level,) if level else ()
        order = (("price", falling), ("title", False))
        asked = Query(level=levels, min_price=low, max_price=high, order=order, first=first, size=20)
        found = asking.found(shelf, asked)
        assert found.count == len(kept)
        assert [each.card.split('"title":"')[1][:4] for each in found.results] == [
            each["title"] for each in kept[first : first + 20]
        ]


def test_changes_leave_what_a_new_file_would_have(tmp_path: Path) -> None:
    chance = random.Random(5)
    entries = stocked(chance, 80)
    shelf = shelf_of(tmp_path, entries)
    order = (("title", True),)
    for _ in range(12):
        shelf.columns.sorted(shelf.columns.live, order, 0, 5)
        changed = chance.sample(entries, 4)
        now = [
            cards.gone(changed[0]["id"]),
            {**changed[1], "state": cards.CLOSED},
            {**changed[2], "facts": {**changed[2]["facts"], "level": "expert", "price": 7}},
            changed[3],
        ]
        shelf = shelf.after(now, None)
        fresh = Shelf.of(shelf.connection)
        assert levels(shelf) == levels(fresh)
        assert (shelf.columns.live, shelf.columns.slices) == (fresh.columns.live, fresh.columns.slices)
        live = shelf.columns.live
        assert shelf.columns.sorted(live, order, 0, 100) == fresh.columns.sorted(live, order, 0, 100)


def levels(shelf: Shelf) -> dict[str, int]:
    return {value: bits for value, bits in shelf.columns.sets["level"].items() if bits}


def test_joined_rows_are_gone_when_the_question_is_answered(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, [entry("Waves")])
    draft = entry("Secret python", status="draft")
    with shelf.joined([draft]) as joined:
        assert titles(joined, text="secret") == ["Secret python"]
        assert set(titles(joined)) == {"Waves", "Secret python"}
    assert titles(shelf, text="secret") == []
    assert titles(shelf, text="secrt") == []
    assert titles(shelf) == ["Waves"]
    assert shelf.page(draft["id"]) is None
    assert shelf.connection.execute("SELECT count(*) FROM word WHERE term = 'secret'").fetchone() == (0,)


def test_joined_rows_replace_what_is_published_of_the_same_course(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, [entry("Waves")])
    renamed = {**entry("Waves"), "facts": {**entry("Waves")["facts"], "level": "expert"}}
    with shelf.joined([renamed]) as joined:
        assert asking.found(joined, Query()).count == 1
        assert titles(joined, level=("expert",)) == ["Waves"]
    assert titles(shelf, level=("expert",)) == []


def test_a_closed_course_is_in_no_answer_but_for_administrators(tmp_path: Path) -> None:
    draft = entry("Secret python", status="draft")
    shelf = shelf_of(tmp_path, [entry("Waves"), draft])
    assert shelf.closed("course", 10) == [draft]
    assert shelf.closed("course", 10, "usr_2") == []
    assert (shelf.page(draft["id"]), shelf.number(draft["id"])) == (None, None)
    assert lessons.found(shelf, LessonQuery(course=draft["id"])).count == 0


def test_a_set_of_numbers_gives_them_back() -> None:
    numbers = [0, 1, 7, 8, 63, 64, 1000]
    assert list(members(set_of(numbers))) == numbers
    assert (set_of([]), list(members(0))) == (0, [])


def test_a_delta_says_what_it_said() -> None:
    delta = deltas.EMPTY.with_([entry("Waves"), cards.gone("crs_1")], 7, 100).with_categories(
        [["a", "b", "c", None]], 8
    )
    again = deltas.read(delta.text())
    assert again == delta
    assert [each["id"] for each in again.since(6)] == [entry("Waves")["id"], "crs_1"]
    assert (again.since(7), again.categories_since(8)) == ([], None)
    with pytest.raises(files.Damaged):
        deltas.read(b"nonsense")


RULES: list[dict[str, Any]] = [
    {},
    {"price_minor": 500},
    {"forced_order": True},
    {"access_days": 30},
    {"prerequisites": ["crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"]},
]
SOON = (NOW + timedelta(days=2)).isoformat()
LESSONS: list[dict[str, Any]] = [
    {},
    {"preview": True},
    {"after_days": 3},
    {"opens_at": SOON},
    {"preview": True, "opens_at": SOON},
]


@pytest.mark.row("X15")
@pytest.mark.parametrize("rules", RULES)
def test_a_stranger_is_told_the_same_by_the_catalogue_and_by_the_rules_of_release(rules: dict[str, Any]) -> None:
    lessons = [
        {"ordinal": n, "title": f"L{n}", "kind": "text", "minutes": 1, "preview": False, "kg_class": None,
         "after_days": None, "opens_at": None, **each}
        for n, each in enumerate(LESSONS, start=1)
    ]  # fmt: skip
    made = course("Waves", **rules)
    curriculum = Curriculum(course_id=made.id, sections=[{"id": "sec_1", "title": "All", "lessons": lessons}], ver=1)
    case = release.Case(gates.gate_of(made, curriculum), None, STRANGER, NOW)
    shown = cards.of_course(About(made, curriculum), NOW)
    assert (shown["access"], shown["reason"]) == case.course()[:2]
    for said, row in zip(lessons, shown["lessons"], strict=True):
        judged = case.lesson(int(said["ordinal"]))
        assert (row[6], row[7]) == (judged.access, judged.reason)
