"""Courses to finish before others: no circle, not even one that two authors close at the same moment."""

import time

import pytest

from chalicelib import clock
from chalicelib.catalog import bitmaps, prerequisites
from chalicelib.catalog.prerequisites import PrerequisitesMoved
from chalicelib.catalog.records import Gate
from chalicelib.errors import Invalid
from chalicelib.table import keys
from chalicelib.table.writes import alone, commit, put
from tests.factories import courses
from tests.http.api import Api, at_once


def gate(name: str, *before: str) -> str:
    """A published course that is nothing but its gate."""
    id = f"crs_{name.rjust(26, '0')}"
    bits = bitmaps.of(())
    alone(
        put(
            Gate.under(
                keys.gate(id),
                course_id=id,
                instructor_id="usr_1",
                title=name,
                slug=name,
                is_published=True,
                prerequisites=list(before),
                live=bits,
                previews=bits,
                sequence=bitmaps.packed(()),
                curriculum_ver=1,
            )
        )
    )
    return id


def refused(course_id: str, *wanted: str) -> str:
    with pytest.raises(Invalid) as refusal:
        prerequisites.require_acyclic(course_id, wanted)
    [error] = refusal.value.errors
    assert error.field == "prerequisites"
    return error.code


@pytest.mark.row("B07")
def test_a_circle_is_refused_however_many_courses_it_has(clean: object) -> None:
    last = gate("0")
    first = last
    for number in range(1, 9):
        first = gate(str(number), first)
        assert refused(last, first) == "cycle"
    assert refused(last, last) == "cycle"


def test_courses_that_share_a_prerequisite_make_no_circle(clean: object) -> None:
    ground = gate("0")
    left, right = gate("1", ground), gate("2", ground)
    assert len(prerequisites.require_acyclic(gate("3"), [left, right])) == 3


def test_the_walk_ends_where_too_many_courses_stand_before_one(clean: object) -> None:
    first = gate("0")
    for number in range(1, prerequisites.LARGEST + 1):
        first = gate(str(number), first)
    assert refused("crs_new", first) == "too_many"


@pytest.mark.row("B07")
def test_what_was_looked_at_must_still_be_so_when_the_change_is_written(clean: object) -> None:
    one, other = gate("1"), gate("2")
    checks = prerequisites.require_acyclic(one, [other])
    gate("2", one)
    with pytest.raises(PrerequisitesMoved):
        commit(checks, time.monotonic() + 5, token=clock.new_id("fct"))


@pytest.mark.row("B07")
def test_two_authors_who_close_a_circle_at_once_do_not_both_succeed(api: Api) -> None:
    author = api.member("author", roles=("instructor",))
    one, other = (str(courses.a_course(author.id, 1).id) for _ in range(2))
    edits = [(one, other), (other, one)]

    def edit(number: int) -> int:
        course_id, wanted = edits[number]
        return api.patch(f"/courses/{course_id}", {"prerequisites": [wanted]}, token=author.access).status

    assert sorted(at_once(2, edit)) == [200, 422]
