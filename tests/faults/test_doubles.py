"""The doubles of the fault rows keep the rules of what they stand for."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.accounts.letters import ErasureCancelled
from chalicelib.messaging import mailer, queues, router
from chalicelib.messaging.batches import Later, Poison
from chalicelib.messaging.mailer import Outgoing
from infra.local.invocation import Killed
from infra.local.queue_source import QueueSource
from tests.conftest import House
from tests.faults.disorder import dealt
from tests.faults.mail_fake import MailFake, Mood, accept, accept_then_timeout, out_of_reach, refuse
from tests.faults.virtual_queue import VirtualQueue
from tests.workers.doubles import a_fact, dead, person

LETTER = Outgoing(ErasureCancelled(name="Ada"), "ada@example.org")


def killed(*_: Any) -> Any:
    raise Killed


@pytest.mark.parametrize(
    ("mood", "raised", "accepted"),
    [
        (accept, None, 1),
        (accept_then_timeout, Later, 1),
        (out_of_reach, Later, 0),
        (refuse("ServiceUnavailable", 503), Later, 0),
        (refuse("MessageRejected", 400), Poison, 0),
    ],
    ids=["accepts", "accepts and falls silent", "is out of reach", "is down", "refuses"],
)
def test_the_ledger_has_what_the_provider_accepted_whatever_we_heard_of_it(
    engine: House, mood: Mood, raised: type[Exception] | None, accepted: int
) -> None:
    with MailFake(lambda _: mood) as provider:
        if raised is None:
            assert mailer.deliver("k", lambda: LETTER) == "sent"
        else:
            with pytest.raises(raised):
                mailer.deliver("k", lambda: LETTER)
    assert [sent.to for sent in provider.accepted] == ["ada@example.org"] * accepted
    assert len(engine.mails()) == accepted


def one_letter(engine: House) -> VirtualQueue:
    person()
    assert queues.send_many("emails", [router.message("password_changed", a_fact())]) == []
    source = engine.driver.source("send_email")
    assert isinstance(source, QueueSource)
    queue = VirtualQueue(engine.template, engine.cloud, source)
    assert queue.fill() == 1
    return queue


def worked_off(queue: VirtualQueue) -> timedelta:
    start = datetime.fromisoformat("2026-11-23T08:00:00+00:00")
    with time_machine.travel(start, tick=False) as traveller:
        queue.waiting[0].due = clock.now().timestamp()
        return queue.work_off(traveller) - start


def test_in_virtual_time_a_worker_that_always_dies_leaves_a_dead_letter_after_its_last_receive(engine: House) -> None:
    queue = one_letter(engine)
    with MailFake(lambda _: killed):
        assert worked_off(queue) == timedelta(seconds=14 * 180)
    assert (queue.dead, list(queue.receives.values()), len(dead("emails"))) == (1, [15], 1)


def test_in_virtual_time_a_pause_is_as_long_as_the_worker_asked(engine: House) -> None:
    queue, moods = one_letter(engine), [out_of_reach]
    with MailFake(lambda _: moods.pop() if moods else accept):
        assert timedelta(seconds=24) <= worked_off(queue) <= timedelta(seconds=36)
    assert (queue.dead, len(engine.mails())) == (0, 1)


def test_disorder_loses_nothing_and_keeps_the_order_within_an_item() -> None:
    records = [{"dynamodb": {"Keys": str(item), "SequenceNumber": str(place)}} for place, item in enumerate("abc" * 20)]
    batches = list(dealt(records, random.Random(7)))
    arrived = [record for batch in batches for record in batch]
    first = list(dict.fromkeys(int(record["dynamodb"]["SequenceNumber"]) for record in arrived))
    assert sorted(first) == list(range(60))
    assert first != sorted(first)
    assert len(arrived) > 60
    for item in range(3):
        mine = [place for place in first if place % 3 == item]
        assert mine == sorted(mine)
