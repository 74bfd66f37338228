"""The story of a course, as it went through the deployed gateway, functions, queues and stream."""

import re

import pytest

from tests.e2e.learning_story import SECRET, TITLE, Learned
from tests.e2e.stage import Stage


def test_a_draft_is_neither_read_nor_found(learned: Learned) -> None:
    assert (learned.unseen.status, learned.unfound) == (404, [])


@pytest.mark.row("G50")
def test_a_published_course_is_found_by_the_beginning_of_a_word(learned: Learned) -> None:
    assert learned.published.json()["is_published"] is True
    assert [course["title"] for course in learned.found] == [TITLE]


@pytest.mark.row("X15")
def test_a_lesson_that_is_shut_gives_a_reason_and_no_word(learned: Learned) -> None:
    assert learned.locked.status == 200
    assert learned.locked.json()["access"] == "locked"
    assert SECRET not in learned.locked.body.decode()


def test_enrolling_twice_is_the_same_enrollment(learned: Learned) -> None:
    assert (learned.enrolled.status, learned.repeated.status) == (201, 200)
    assert learned.enrolled.json()["id"] == learned.repeated.json()["id"]


@pytest.mark.row("G50", "E56")
def test_enrolling_and_finishing_are_confirmed_by_mail(learned: Learned) -> None:
    assert TITLE in learned.confirmed.text
    assert TITLE in learned.congratulated.text
    assert learned.certificate["code"] in learned.announced.text


def test_the_last_lesson_completes_the_course(learned: Learned) -> None:
    shown = [reply.json()["completion_percentage"] for reply in (learned.halfway, learned.finished)]
    assert shown == [50, 100]
    assert learned.completion.json()["is_completed"] is True


@pytest.mark.row("B12")
def test_the_deployed_worker_draws_the_paper_of_a_certificate(learned: Learned) -> None:
    assert (learned.paper.status, learned.paper.headers["Content-Type"]) == (200, "application/pdf")
    assert learned.paper.body.startswith(b"%PDF-")
    assert learned.paper.body.rstrip().endswith(b"%%EOF")
    assert re.search(rb"/FontFile2|/Image", learned.paper.body)


def test_the_paper_is_not_to_be_had_without_its_link(learned: Learned) -> None:
    assert learned.unsigned.status == 403


@pytest.mark.row("B12")
def test_a_stranger_checks_the_certificate_by_its_code(learned: Learned) -> None:
    said = learned.checked.json()
    assert (said["valid"], said["course"], said["code"]) == (True, TITLE, learned.certificate["code"])
    assert learned.page.status == 200
    assert TITLE in learned.page.body.decode()


@pytest.mark.row("G50")
def test_the_teacher_sees_who_has_come_and_finished(learned: Learned) -> None:
    assert (learned.counted["enrolled"], learned.counted["completions"]) == (1, 1)


@pytest.mark.row("G50", "B10")
def test_a_finished_lesson_is_time_of_the_goal_that_points_at_its_course(learned: Learned) -> None:
    assert learned.timed == 20 * 60


def test_nothing_of_it_was_given_up(stage: Stage, learned: Learned) -> None:
    dead = ("CatalogDead", "CountersDead", "CertificatesDead", "ProjectionsDead", "RemindersDead", "FactsDead")
    assert {queue: stage.depth(queue) for queue in dead} == dict.fromkeys(dead, 0)
