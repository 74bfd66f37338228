"""Bounces and complaints come back, and no mail goes to that address any more."""

import json
from typing import Any

import pytest

from chalicelib import aws, clock
from chalicelib.accounts.records import AddressClaim
from chalicelib.messaging import silence
from chalicelib.table import facts, keys, reads
from chalicelib.table.facts import FactRecord
from chalicelib.table.writes import alone, put
from functions import handle_mail_event
from infra.local.environment import ACCOUNT, REGION
from tests.conftest import House
from tests.workers.doubles import dead, happened, person, records


def bounce(address: str, kind: str = "Permanent", **changes: Any) -> str:
    event = {
        "eventType": "Bounce",
        "mail": {"messageId": "m1"},
        "bounce": {"bounceType": kind, "bouncedRecipients": [{"emailAddress": address}]},
    }
    return json.dumps({**event, **changes})


def complaint(address: str) -> str:
    recipients = {"complainedRecipients": [{"emailAddress": address}]}
    return json.dumps({"notificationType": "Complaint", "mail": {"messageId": "m2"}, "complaint": recipients})


def told() -> list[facts.Fact]:
    minute = facts.minute_of(clock.now())
    found = (record for shard in "0123" for record in reads.all_of(keys.facts_of(minute, shard)))
    return [record.fact() for record in found if isinstance(record, FactRecord)]


@pytest.mark.parametrize("event", [bounce("Ada@Example.org"), complaint("Ada <ada@example.org>")])
def test_an_address_that_bounced_or_complained_gets_no_more_mail(engine: House, event: str) -> None:
    person()
    assert handle_mail_event.handler(records(event), None) == {"batchItemFailures": []}
    happened("user.password_changed")
    engine.driver.settle()
    assert engine.mails() == []
    assert dead("emails") == []


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_a_bounce_that_may_pass_changes_nothing(kind: str) -> None:
    handle_mail_event.handler(records(bounce("ada@example.org", kind)), None)
    assert not silence.is_silenced("ada@example.org")


def test_other_events_of_a_mail_are_taken_and_change_nothing() -> None:
    event = json.dumps({"eventType": "Reject", "mail": {"messageId": "m1"}, "reject": {"reason": "Bad content"}})
    assert handle_mail_event.handler(records(event), None) == {"batchItemFailures": []}
    assert dead("mail-events") == []


def test_an_event_nobody_understands_is_buried() -> None:
    assert handle_mail_event.handler(records("{}", '{"eventType": "Bounce"}'), None) == {"batchItemFailures": []}
    assert len(dead("mail-events")) == 2


def test_the_person_behind_the_address_is_told_once_however_often_the_event_comes() -> None:
    user = person()
    alone(put(AddressClaim.under(keys.address(keys.digest(user.email)), user_id=user.id)))
    handle_mail_event.handler(records(bounce(user.email), bounce(user.email), complaint(user.email)), None)
    assert [(fact.name, fact.subject, fact.payload) for fact in told()] == [
        ("mail.silenced", user.id, {"reason": "bounce"})
    ]


def test_a_bounce_travels_from_the_topic_through_its_queue_to_the_worker(engine: House) -> None:
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:learnflow-local-mail-events"
    engine.cloud.client("sns").publish(TopicArn=topic, Message=bounce("gone@example.org"))
    engine.driver.settle()
    assert silence.is_silenced("gone@example.org")


def test_a_silenced_address_is_not_readable_in_the_table() -> None:
    alone(put(silence.record("ada@example.org", "bounce", clock.now())))
    item = aws.client("dynamodb").scan(TableName="learnflow-local")["Items"]
    assert "ada" not in json.dumps(item)
