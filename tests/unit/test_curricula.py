"""The order of a course: what stands where after each change, and what a gate makes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.catalog import bitmaps, curricula
from chalicelib.catalog.curricula import CourseFull, Entry, Plan, Section, SectionUnknown
from chalicelib.catalog.gates import gate_of
from chalicelib.catalog.records import Course, Curriculum
from chalicelib.errors import Invalid
from chalicelib.table import keys

ID = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"


def plan(*sections: tuple[int, ...]) -> Plan:
    """Sections a, b, c … with lessons of these numbers."""
    return tuple(
        Section("abc"[at], f"Section {at}", tuple(Entry(number, f"Lesson {number}") for number in numbers))
        for at, numbers in enumerate(sections)
    )


def shape(of: Plan) -> list[tuple[int, ...]]:
    return [tuple(entry.ordinal for entry in section.lessons) for section in of]


def stored(of: Plan, **values: Any) -> Curriculum:
    made: Curriculum = Curriculum.under(keys.curriculum(ID), course_id=ID, sections=curricula.stored(of), **values)
    return made


@pytest.mark.row("M38", "C22")
def test_what_is_stored_reads_back_as_it_was() -> None:
    opens = datetime(2026, 12, 1, 8, tzinfo=UTC)
    first = Section(
        "a", "अ", (Entry(1, "One", "video", 5, preview=True, kg_class="KG1", after_days=3, opens_at=opens),)
    )
    item = Curriculum.from_raw_data(stored((first, *plan((2, 3)))).serialize())
    assert curricula.sections_of(item) == (first, *plan((2, 3)))


@pytest.mark.parametrize(
    ("position", "expected"), [(None, (1, 2, 9)), (1, (9, 1, 2)), (2, (1, 9, 2)), (3, (1, 2, 9)), (70, (1, 2, 9))]
)
def test_a_lesson_comes_where_it_is_wished(position: int | None, expected: tuple[int, ...]) -> None:
    assert shape(curricula.with_lessons(plan((1, 2)), [Entry(9, "New")], "a", position)) == [expected]


@pytest.mark.parametrize(
    ("order", "preferred", "expected"),
    [
        (1, "a", ("a", 1)),
        (3, "a", ("a", 3)),
        (3, "b", ("b", 1)),
        (3, "c", ("a", 3)),
        (4, "a", ("b", 2)),
        (5, "c", ("c", 1)),
        (99, "a", ("c", 2)),
    ],
)
def test_a_place_in_the_course_is_a_place_in_a_section(order: int, preferred: str, expected: tuple[str, int]) -> None:
    assert curricula.spot(plan((1, 2), (3, 4), (5,)), order, preferred) == expected


def test_the_order_of_sections_and_lessons_changes_in_one_call() -> None:
    assert shape(curricula.arranged(plan((1, 2), (3,)), [("b", [2, 3]), ("a", [1])])) == [(2, 3), (1,)]


@pytest.mark.parametrize("order", [[3, 2, 1], [2, 3, 1], [3, 1, 2]])
def test_lessons_named_alone_stay_in_their_sections(order: list[int]) -> None:
    ordered = shape(curricula.ordered(plan((1, 2), (3,)), order))
    assert ordered == [tuple(each for each in order if each in (1, 2)), (3,)]


@pytest.mark.parametrize("order", [[1], [1, 2, 3, 4], [1, 2, 2], []])
def test_an_order_that_leaves_out_repeats_or_invents_a_lesson_is_refused(order: list[int]) -> None:
    with pytest.raises(Invalid):
        curricula.ordered(plan((1, 2), (3,)), order)


@pytest.mark.parametrize("sections", [["a"], ["a", "b", "c"], ["a", "a"]])
def test_an_order_that_leaves_out_repeats_or_invents_a_section_is_refused(sections: list[str]) -> None:
    with pytest.raises(Invalid):
        curricula.arranged(plan((1,), (2,)), [(each, []) for each in sections])


def test_a_section_moves_with_its_lessons() -> None:
    moved = curricula.with_changed_section(plan((1,), (2,), (3,)), "c", "First", 1)
    assert (shape(moved), moved[0].title) == ([(3,), (1,), (2,)], "First")


def test_what_is_not_there_is_not_changed() -> None:
    with pytest.raises(SectionUnknown):
        curricula.with_changed_section(plan((1,)), "z", "Nowhere")


def test_a_course_takes_500_lessons_and_no_more() -> None:
    full = plan(tuple(range(1, 501)))
    with pytest.raises(CourseFull):
        curricula.with_lessons(full, [Entry(501, "Too much")], "a")


def test_a_course_takes_50_sections_and_no_more() -> None:
    full = tuple(Section(str(number), "Section") for number in range(50))
    with pytest.raises(CourseFull):
        curricula.with_section(full, Section("x", "Too much"))


def test_the_longest_course_fits_into_an_item_with_the_longest_titles_in_hindi() -> None:
    lessons = tuple(Entry(9000 + number, "क" * 160, after_days=3650, kg_class="MIXED") for number in range(500))
    written = Curriculum.sections.serialize(curricula.stored((Section("a", "क" * 160, lessons),)))
    assert len(written.encode()) < curricula.LARGEST_BYTES


def test_a_gate_says_what_is_listed_in_which_order_and_under_which_rules() -> None:
    opens = datetime(2026, 12, 1, 8, tzinfo=UTC)
    entries = (Entry(3, "Three", preview=True), Entry(1, "One", after_days=2), Entry(7, "Seven", opens_at=opens))
    course = Course.under(
        keys.course(ID), id=ID, ver=9, instructor_id="usr_x", title="Counting", slug="counting", status="published"
    )
    gate = gate_of(course, stored((Section("a", "A", entries),), live_ver=4))
    assert (list(bitmaps.numbers(gate.live)), list(bitmaps.numbers(gate.previews))) == ([1, 3, 7], [3])
    assert bitmaps.unpacked(gate.sequence) == [3, 1, 7]
    assert gate.rules == {"1": {"after_days": 2}, "7": {"opens_at": "2026-12-01T08:00:00.000000Z"}}
    assert (gate.is_published, gate.curriculum_ver, gate.ver) == (True, 4, 9)


def test_the_gate_of_a_deleted_course_is_shut() -> None:
    course = Course.under(
        keys.course(ID), id=ID, ver=9, instructor_id="usr_x", title="Counting", slug="counting", status="published"
    )
    course.deleted_at = datetime(2026, 12, 1, tzinfo=UTC)
    gate = gate_of(course, stored(()))
    assert (gate.is_published, gate.is_deleted) == (False, True)
