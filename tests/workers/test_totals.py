"""The numbers of a learner: kept in the transactions that change them, and always what a recount finds."""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import ProductError, Stale
from chalicelib.learning import ids, leaving, progress, snapshots, totals
from chalicelib.learning.certificates import holding, issuing
from chalicelib.learning.certificates.holding import Viewer
from chalicelib.learning.records import Certificate, Enrollment, Totals
from chalicelib.learning.steps import Wish
from chalicelib.table import keys, reads
from chalicelib.table.writes import together
from tests.conftest import House
from tests.factories import courses, people
from tests.http.api import at_once
from tests.workers.test_learning import ZONE, enrolled, remove

JUDGE = Viewer("usr_01JDZZZZZZZZZZZZZZZZZZTEAC", is_admin=True)


@pytest.fixture
def teacher(clean: House) -> str:
    return people.enlisted(roles=("instructor",)).id


@pytest.fixture
def learner(clean: House) -> str:
    return people.enlisted("lina").id


def kept(user: str) -> dict[str, int]:
    found = reads.one(Totals, keys.totals(user)) or Totals()
    return {name: int(getattr(found, name)) for name in (*totals.STAGES, "certificates")}


def recounted(user: str) -> dict[str, int]:
    records = list(reads.all_of(keys.learner(user)))
    counted = Counter[Any](totals.stage_of(each) for each in records if isinstance(each, Enrollment))
    hold = sum(isinstance(each, Certificate) and each.status == "issued" for each in records)
    return {**{stage: counted[stage] for stage in totals.STAGES}, "certificates": hold}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enroll", "leave", "watch", "done", "done", "reset", "cut", "issue", "revoke", "reissue"]),
        st.sampled_from([0, 1]),
        st.sampled_from([1, 2]),
    ),
    min_size=5,
    max_size=16,
)


@pytest.mark.row("M75")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=STEPS)
def test_totals_are_what_a_recount_finds_whatever_was_done(clean: House, taken: list[tuple[str, int, int]]) -> None:
    teacher, learner = people.enlisted(roles=("instructor",)).id, people.enlisted().id
    made = [courses.a_course(teacher, 2).id for _ in range(2)]
    for what, which, ordinal in taken:
        with suppress(ProductError):  # Not in the course, finished, nothing to judge: then nothing may have moved.
            _take(what, learner, made[which], ordinal)
        assert kept(learner) == recounted(learner), what


def _take(what: str, learner: str, course: str, ordinal: int) -> None:
    act, certificate = courses.act(learner), ids.certificate_of(learner, course)
    if what == "enroll":
        enrolled(learner, course)
    elif what == "leave":
        leaving.cancel(act, ids.enrollment_of(learner, course))
    elif what in ("watch", "done", "reset"):
        wish = {"watch": Wish(position=3, seconds=3), "done": Wish(completed=True), "reset": Wish(reset=True)}[what]
        progress.record_step(act, ZONE, course, ordinal, wish)
    elif what == "cut":
        remove(course, ordinal)
        snapshots.renew_own_snapshot(act.fact("enrollment.created", ids.enrollment_of(learner, course)), "")
    elif what == "issue":
        issuing.issue(act, learner, course)
    elif what == "revoke":
        holding.revoke(act, JUDGE, certificate, "A mistake.")
    else:
        issuing.reissue(act, JUDGE, certificate)


def test_certificates_that_hold_are_counted(teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1).id
    for what in ("enroll", "done", "issue", "issue"):
        _take(what, learner, course, 1)
    assert (
        kept(learner) == recounted(learner) == {"not_started": 0, "in_progress": 0, "completed": 1, "certificates": 1}
    )
    for what, hold in (("revoke", 0), ("revoke", 0), ("reissue", 1)):
        _take(what, learner, course, 1)
        assert kept(learner)["certificates"] == recounted(learner)["certificates"] == hold


def test_beginning_twice_at_once_is_one_beginning(teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 2).id
    enrolled(learner, course)
    wishes = [Wish(position=3, seconds=3), Wish(completed=True, done_at=courses.act().now.replace(day=15))]

    def begin(number: int) -> None:
        progress.record_step(courses.act(learner), ZONE, course, number % 2 + 1, wishes[number % 2])

    at_once(6, begin)
    assert (
        kept(learner) == recounted(learner) == {"not_started": 0, "in_progress": 1, "completed": 0, "certificates": 0}
    )


def test_whoever_begins_while_they_are_leaving_is_counted_nowhere(teacher: str, learner: str) -> None:
    """The report of a film moves no version, and must still not be overlooked by what read the enrollment before."""
    course = courses.a_course(teacher, 2).id
    read = enrolled(learner, course).enrollment
    progress.record_step(courses.act(learner), ZONE, course, 1, Wish(position=3, seconds=3))
    act = courses.act(learner)
    ended = leaving.cancelling(act, read, has_seat=False)
    with pytest.raises(Stale):
        together(act, *ended.writes, fact=ended.fact, result=None)
    leaving.cancel(act, read.id)
    assert kept(learner) == recounted(learner)
