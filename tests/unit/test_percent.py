"""The one way in which shares are rounded, and the names that learning goes by."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import rounding
from chalicelib.catalog import bitmaps
from chalicelib.catalog.records import Course, Lesson
from chalicelib.learning import completion
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.records import Enrollment
from chalicelib.table.record import Record


@pytest.mark.row("X25", "C30")
@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1, 800, "0.13"),
        (3, 800, "0.38"),
        (0, 5, "0.00"),
        (7, 5, "100.00"),
        (1, 0, "0.00"),
    ],
)
def test_a_share_is_rounded_half_up_to_two_decimals_and_kept_within_the_whole(
    part: int, whole: int, share: str
) -> None:
    assert rounding.percent(part, whole) == Decimal(share)


@pytest.mark.row("X25", "B05")
@given(done=st.sets(st.integers(1, 60)), live=st.sets(st.integers(1, 60)))
def test_completion_counts_only_what_counts(done: set[int], live: set[int]) -> None:
    enrollment = Enrollment(done=bitmaps.of(done), live=bitmaps.of(live))
    found = completion.of(enrollment)
    assert (found.total, found.completed) == (len(live), len(done & live))
    assert 0 <= found.percentage <= 100
    assert completion.is_whole(enrollment.done, enrollment.live) == (bool(live) and live <= done)


@pytest.mark.row("X24", "C37", "M41", "M42")
def test_what_is_enrolled_in_and_what_is_done_have_names_of_their_own() -> None:
    assert {each.__name__ for each in (Course, Lesson, Enrollment, LessonProgress)} == {
        "Course",
        "Lesson",
        "Enrollment",
        "LessonProgress",
    }
    names = [each.__name__ for each in Record.__subclasses__()]
    assert "Enrollment" in names
    assert "Progress" not in names
