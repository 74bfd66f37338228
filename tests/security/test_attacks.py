"""Every attack of the table at a volume that `make test` has time for; `make attack` tries many times as much."""

import fnmatch
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import app
from infra.local.template import QueueTrigger
from tests.conftest import House
from tests.security import attack
from tests.security.attacks import events, excuses, table
from tests.security.attacks.ground import Ground, room

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "attack.md"
ATTACKS = attack.load()
#: The others are tests of their own in this folder, or too slow for every run.
REDUCED = {name: each for name, each in ATTACKS.items() if each.volume.reduced}


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Tens of thousands of log lines would be kept for a report that nobody reads."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.row("K62", "M95", "K55", "K70", "E50", "X29")
@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.usefixtures("_quiet")
def test_nothing_comes_of_an_attack(clean: House, name: str) -> None:
    wanted = REDUCED[name]
    with room():
        outcome = table.happened(wanted, Ground(clean), wanted.volume.reduced)
    assert outcome.tally.failures == []
    assert outcome.tally.cases >= wanted.volume.reduced


def test_every_queue_worker_is_attacked_beside_healthy_messages_of_its_own() -> None:
    assert {function.name for function, _ in events.functions(QueueTrigger)} == set(events.HEALTHY)


def test_the_figures_tell_of_every_attack() -> None:
    """A new one is run once, by `make attack`, before it lands."""
    text = DOCUMENT.read_text("utf-8")
    assert [name for name, each in ATTACKS.items() if f"| {each.what} |" not in text] == []


def test_the_document_lists_what_is_excused() -> None:
    text = DOCUMENT.read_text("utf-8")
    inside = text.partition("<!-- excuses: begin -->")[2].partition("<!-- excuses: end -->")[0]
    assert inside.strip().splitlines() == attack.excuse_lines()


def test_a_reason_that_is_not_in_the_list_is_no_excuse() -> None:
    class RejectedPositiveData(Exception):
        pass

    class Answer:
        content = b'{"code": "fields_invalid", "errors": [{"code": "%s", "message": "m"}, {"code": "too_long"}]}'

    judge = excuses.Judge()
    assert judge.keeps(RejectedPositiveData(), Answer, "register")
    Answer.content = b'{"code": "password_weak", "errors": [{"code": "too_short"}]}'
    assert not judge.keeps(RejectedPositiveData(), Answer, "register_alias_2")
    assert judge.keeps(RejectedPositiveData(), Answer, "create_goal")
    assert judge.keeps(Exception(), Answer, "register")


def test_every_excuse_is_about_operations_that_are_there() -> None:
    named = {each.name for each in app.operations}
    places = {place for each in excuses.EXCUSES for place in each.at.split()}
    assert [place for place in places if not fnmatch.filter(named, place)] == []
