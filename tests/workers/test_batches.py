"""The batch loop: each message for itself, poison with its reason, pauses that grow (F10, F11)."""

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib import aws, clock
from chalicelib.accounts.audit import AuditEntry
from chalicelib.messaging import batches, queues, router
from chalicelib.messaging.batches import Later, Poison
from chalicelib.table import keys, reads
from functions import keep_history, send_email
from infra.redrive import redrive
from tests.conftest import House
from tests.workers.doubles import Kill, MailFake, a_fact, dead, person, records


def failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def audit_entries() -> list[str]:
    day = clock.now().date().isoformat()
    found = (record for shard in "0123" for record in reads.all_of(keys.audit_of(day, shard)))
    return [record.fact_id for record in found if isinstance(record, AuditEntry)]


def test_one_failing_message_does_not_fail_the_others() -> None:
    done = []

    def handle(number: int) -> None:
        if number == 2:
            raise RuntimeError("two")
        done.append(number)

    answer = batches.each(records("1", "2", "3"), "emails", int, handle)
    assert (failed(answer), done) == (["m1"], [1, 3])


def test_an_empty_event_is_no_work() -> None:
    assert send_email.handler({"Records": []}, None) == {"batchItemFailures": []}
    assert send_email.handler({}, None) == {"batchItemFailures": []}


def test_poison_is_buried_with_its_reason_and_reported_as_done() -> None:
    def handle(_: str) -> None:
        raise Poison("will never work")

    assert failed(batches.each(records("a"), "emails", str, handle)) == []
    assert dead("emails") == [("a", "will never work")]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "null",
        "{}",
        '{"reaction": "verify_address", "fact": {}}',
        '{"reaction": "verify_address", "fact": {"at": "yesterday"}}',
        json.dumps({"reaction": "no_such_letter", "fact": json.loads(a_fact().message())}),
        "x" * (256 * 1024),
    ],
    ids=["cut", "list", "null", "empty", "no fact", "no moment", "unknown", "256 KB"],
)
def test_a_message_nobody_can_read_is_buried_and_says_why(body: str) -> None:
    assert failed(send_email.handler(records(body), None)) == []
    ((buried, reason),) = dead("emails")
    assert buried == body
    # A message of the full size leaves no room for a reason beside it.
    assert reason or len(body) == 256 * 1024


def test_ten_poisonous_messages_are_ten_dead_letters() -> None:
    bodies = [f"poison {number}" for number in range(10)]
    assert failed(send_email.handler(records(*bodies), None)) == []
    letters = dead("emails")
    assert sorted(body for body, _ in letters) == bodies
    assert all(reason and reason.startswith("unreadable") for _, reason in letters)


def test_the_last_attempt_buries_the_message_with_what_went_wrong() -> None:
    def handle(_: str) -> None:
        raise RuntimeError("still broken")

    last = queues.RECEIVES["history"]
    assert failed(batches.each(records("a", receives=last - 1), "history", str, handle)) == ["m0"]
    assert dead("history") == []
    assert failed(batches.each(records("a", receives=last), "history", str, handle)) == []
    assert dead("history") == [("a", "given up after 8 attempts: RuntimeError: still broken")]


def test_what_cannot_be_buried_stays_in_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str) -> None:
        raise aws.client("sqs").exceptions.QueueDoesNotExist({"Error": {}}, "SendMessage")

    monkeypatch.setattr(queues, "dead_letter", refuse)
    assert failed(send_email.handler(records("{"), None)) == ["m0"]


def test_a_kill_is_never_swallowed() -> None:
    def handle(_: str) -> None:
        raise Kill

    with pytest.raises(Kill):
        batches.each(records("a"), "emails", str, handle)


def test_a_folded_batch_that_fails_is_tried_one_by_one() -> None:
    rounds: list[list[str]] = []

    def handle(bodies: Sequence[str]) -> None:
        rounds.append(list(bodies))
        if "bad" in bodies:
            raise RuntimeError("bad")

    assert failed(batches.fold(records("a", "bad", "b"), "history", str, handle)) == ["m1"]
    assert rounds == [["a", "bad", "b"], ["a"], ["bad"], ["b"]]


def test_pauses_grow_from_half_a_minute_to_a_quarter_of_an_hour() -> None:
    for receives, seconds in enumerate([30, 60, 120, 240, 480, 900, 900, 900], start=1):
        tries = [batches.pause(receives) for _ in range(200)]
        assert seconds * 0.8 <= min(tries) < seconds < max(tries) <= seconds * 1.2


def test_the_pauses_of_a_letter_outlast_two_hours() -> None:
    shortest = sum(min(30 * 2**n, 900) * 0.8 for n in range(queues.RECEIVES["emails"] - 1))
    assert shortest >= 2 * 3600


def test_a_message_put_back_is_hidden_for_its_pause() -> None:
    sqs, url = aws.client("sqs"), aws.queue_url("emails")
    sqs.send_message(QueueUrl=url, MessageBody="a")
    message = sqs.receive_message(QueueUrl=url)["Messages"][0]
    event = records("a")
    event["Records"][0]["receiptHandle"] = message["ReceiptHandle"]

    def handle(_: str) -> None:
        raise Later("not yet", seconds=1)

    batches.each(event, "emails", str, handle)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    time.sleep(1.2)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "a"


def test_the_numbers_of_attempts_are_those_of_the_template(engine: House) -> None:
    declared = {
        resource.properties["QueueName"]: resource.properties["RedrivePolicy"]["maxReceiveCount"]
        for resource in engine.template.of_type("AWS::SQS::Queue")
        if "RedrivePolicy" in resource.properties
    }
    assert declared == {f"learnflow-local-{queue}": most for queue, most in queues.RECEIVES.items()}


def test_messages_are_sent_in_batches_that_a_call_may_carry() -> None:
    bodies = ["s" * 100_000, "s" * 100_000, "s" * 100_000, *(str(number) for number in range(23))]
    sent = [len(chunk) for _, chunk in queues._chunks(bodies)]
    assert sent == [2, 10, 10, 4]
    assert queues.send_many("history", bodies) == []


def test_a_reason_with_unsendable_characters_is_told_all_the_same() -> None:
    queues.dead_letter("emails", "body", "bad \x00 byte \ufffe")
    assert dead("emails") == [("body", "bad ? byte ?")]


def test_a_letter_without_room_for_its_reason_is_found_in_the_log_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="app.work")
    body = "x" * queues.LARGEST_BYTES
    batches.each(records(body), "emails", json.loads, print)
    url = aws.queue_url("emails-dead")
    (letter,) = aws.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    (line,) = [record for record in caplog.records if record.message == "buried"]
    assert "MessageAttributes" not in letter
    facts = vars(line)["facts"]
    assert (facts["letter"], facts["reason"][:10]) == (letter["MessageId"], "unreadable")


@pytest.mark.row("E56")
def test_healthy_messages_take_effect_once_though_delivered_twice_with_poison_among_them(engine: House) -> None:
    told = [a_fact() for _ in range(9)]
    bodies = [router.message("keep", fact) for fact in told]
    assert queues.send_many("history", [*bodies, "poison", *bodies]) == []
    engine.driver.settle(skip_delays=True)
    assert sorted(audit_entries()) == sorted(fact.id for fact in told)
    ((body, reason),) = dead("history")
    assert (body, bool(reason)) == ("poison", True)


def test_a_dead_letter_takes_effect_once_when_it_is_sent_back_after_the_mistake_is_mended(
    engine: House, monkeypatch: pytest.MonkeyPatch, mail_fake: MailFake
) -> None:
    person()
    writer = send_email.WRITERS.pop("password_changed")
    body = router.message("password_changed", a_fact())
    try:
        queues.send_many("emails", [body])
        engine.driver.settle()
    finally:
        send_email.WRITERS["password_changed"] = writer
    assert redrive(engine.cloud.client("sqs"), "learnflow-local-emails") == 1
    engine.driver.settle()
    assert len(mail_fake.accepted) == 1
    assert dead("emails") == []


def test_every_worker_says_one_line_per_message(capsys: pytest.CaptureFixture[str]) -> None:
    facts = [a_fact(), a_fact()]
    keep_history.handler(records(*(router.message("keep", fact) for fact in facts)), None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["logger"], line["message"]) for line in lines] == [("app.work", "done")] * 2
