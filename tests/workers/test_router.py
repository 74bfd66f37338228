"""From the stream to the queues, what was told, and the sweep that tells what was not (S3, S4, F29)."""

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock, reactions
from chalicelib.messaging import queues, router, sweeper
from chalicelib.messaging.router import Ack
from chalicelib.messaging.sweeper import Sweep
from chalicelib.table import facts, keys, reads
from chalicelib.table.acts import by_system
from chalicelib.table.facts import Fact
from chalicelib.table.writes import alone, put
from functions import react_to_facts
from schedules import sweep_facts
from tests.conftest import House
from tests.workers.doubles import a_fact, dead, happened, person, waiting


def stream(*told: Fact | dict[str, Any]) -> dict[str, Any]:
    def image(each: Fact | dict[str, Any]) -> dict[str, Any]:
        return facts.record(each).serialize() if isinstance(each, Fact) else each

    changes = [{"SequenceNumber": str(100 + place), "NewImage": image(each)} for place, each in enumerate(told)]
    return {"Records": [{"eventName": "INSERT", "dynamodb": change} for change in changes]}


def acknowledged(told: Fact) -> list[str]:
    found = reads.all_of(keys.acks_of("router", told.minute, told.shard))
    return [id for record in found if isinstance(record, Ack) for id in record.fact_ids]


def swept(as_of: datetime | None = None) -> int:
    return sweeper.sweep(reactions.REACTIONS, as_of or clock.now(), by_system("req_test"))


def watermark(moment: datetime) -> None:
    alone(put(Sweep.under(keys.sweep("router"), minute=facts.minute_of(moment))))


def names(queue: str) -> list[tuple[str, str]]:
    return sorted((message["reaction"], message["fact"]["id"]) for message in waiting(queue))


def test_every_reaction_is_a_name_of_its_own() -> None:
    listed = {(each.queue, each.name, each.do) for following in reactions.REACTIONS.values() for each in following}
    assert len({(queue, name) for queue, name, _ in listed}) == len(listed)
    assert {queue for queue, _, _ in listed} <= set(queues.RECEIVES)


def test_a_fact_reaches_the_queue_of_each_family_once() -> None:
    registered, viewed = a_fact("user.registered", payload={"token": "mtk_1"}), a_fact("user.viewed")
    assert react_to_facts.handler(stream(registered, viewed), None) == {"batchItemFailures": []}
    assert names("emails") == [("verify_address", registered.id)]
    assert names("history") == sorted([("keep", registered.id), ("keep", viewed.id)])


def test_a_message_gives_back_the_fact() -> None:
    fact = a_fact(payload={"fields": ["bio"]}, subject_ver=3)
    name, read = router.read(router.message("keep", fact))
    assert (name, facts.record(read).serialize()["payload"]) == ("keep", facts.record(fact).serialize()["payload"])
    assert read.at == fact.at
    assert (read.id, list(read.audience), read.subject_ver) == (fact.id, list(fact.audience), 3)


def test_what_was_told_is_acknowledged_in_one_item_however_often_the_batch_comes() -> None:
    fact = a_fact()
    for _ in range(2):
        react_to_facts.handler(stream(fact), None)
    assert acknowledged(fact) == [fact.id]


def test_an_unreadable_record_is_buried_with_its_reason_and_the_others_are_told() -> None:
    good, half = a_fact(), facts.record(a_fact()).serialize()
    del half["name"]
    answer = react_to_facts.handler(stream({"kind": {"S": "fact"}}, good, half), None)
    assert answer == {"batchItemFailures": []}
    reasons = [reason for _, reason in dead("facts")]
    assert len(reasons) == 2
    assert "unreadable: ValueError: no fact of ours, by its name" in reasons
    assert acknowledged(good) == [good.id]


def test_a_refused_message_is_reported_from_the_first_on_and_only_the_told_are_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [a_fact() for _ in range(3)]
    real = queues.send_many
    monkeypatch.setattr(
        queues, "send_many", lambda queue, bodies, **_: [1] if queue == "emails" else real(queue, bodies)
    )
    answer = react_to_facts.handler(stream(*told), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "101"}]}
    assert [acknowledged(fact).count(fact.id) for fact in told] == [1, 0, 1]


def test_nothing_is_swept_that_has_been_told(engine: House) -> None:
    person()
    watermark(clock.now() - timedelta(minutes=30))
    happened("user.password_changed", at=clock.now() - timedelta(minutes=10))
    engine.driver.settle()
    assert swept() == 0
    assert len(engine.mails()) == 1


def test_what_a_dead_relay_has_not_told_is_told_exactly_once(engine: House) -> None:
    """The stream is cut for 25 hours and trimmed (F29)."""
    person()
    now = clock.now()
    watermark(now - timedelta(hours=26))
    lost = [happened("user.password_changed", at=now - timedelta(minutes=minutes)) for minutes in (6, 61, 600, 1500)]
    young = happened("user.password_changed", at=now)
    run = engine.driver.fire("sweep_facts", now)
    assert run.answer == {"retold": len(lost)}
    assert sorted(id for _, id in names("emails")) == sorted(fact.id for fact in lost)
    assert engine.driver.fire("sweep_facts", now).answer == {"retold": 0}
    assert young.id not in [id for fact in lost for id in acknowledged(fact)]


def test_letters_told_by_the_stream_and_again_by_a_sweep_go_out_once(engine: House, monkeypatch: Any) -> None:
    person()
    watermark(clock.now() - timedelta(minutes=30))
    happened("user.password_changed", at=clock.now() - timedelta(minutes=10))
    monkeypatch.setattr(router, "acknowledge", lambda *_: True)
    engine.driver.settle()
    assert swept() == 1
    engine.driver.settle()
    assert len(engine.mails()) == 1


def test_the_first_sweep_ever_looks_half_an_hour_back_and_leaves_a_watermark() -> None:
    fact = happened("user.password_changed", at=clock.now() - timedelta(minutes=20))
    assert swept() == 1
    assert acknowledged(fact) == [fact.id]
    assert swept() == 0


def test_a_sweep_for_a_later_hour_never_passes_the_present() -> None:
    watermark(clock.now() - timedelta(minutes=30))
    swept(clock.now() + timedelta(days=1))
    fact = happened("user.password_changed", at=clock.now())
    mark = reads.one(Sweep, keys.sweep("router"))
    assert mark is not None
    assert mark.minute < fact.minute


def test_a_sweep_that_runs_out_of_time_goes_on_where_it_stopped() -> None:
    now = clock.now()
    watermark(now - timedelta(minutes=40))
    for minutes in (10, 20, 30):
        happened("user.password_changed", at=now - timedelta(minutes=minutes))
    rounds = retold = 0
    while not _caught_up(now):
        retold += sweeper.sweep(reactions.REACTIONS, now, by_system("req_test", seconds=-1))
        rounds += 1
    assert retold == len(names("emails")) == 3
    assert rounds > 10
    assert swept() == 0


def _caught_up(now: datetime) -> bool:
    mark = reads.one(Sweep, keys.sweep("router"))
    return mark is not None and mark.minute >= facts.minute_of(now - timedelta(minutes=7))


def test_a_refused_retelling_leaves_the_watermark_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    watermark(clock.now() - timedelta(minutes=30))
    happened("user.password_changed", at=clock.now() - timedelta(minutes=10))
    with monkeypatch.context() as patched:
        patched.setattr(queues, "send_many", lambda queue, bodies, **_: list(range(len(bodies))))
        with pytest.raises(sweeper.NotTaken):
            swept()
    assert swept() == 1


def test_a_retelling_that_cannot_be_acknowledged_leaves_the_watermark_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watermark(clock.now() - timedelta(minutes=30))
    happened("user.password_changed", at=clock.now() - timedelta(minutes=10))
    with monkeypatch.context() as patched:
        patched.setattr(router, "_noted", lambda *_: False)
        with pytest.raises(sweeper.NotTaken):
            swept()
    assert swept() == 1


def test_sweeps_at_once_lose_nothing() -> None:
    watermark(clock.now() - timedelta(minutes=60))
    fact = happened("user.password_changed", at=clock.now() - timedelta(minutes=10))
    event = {"scheduled_at": clock.now().isoformat()}

    class Context:
        aws_request_id = "req_test"

        def get_remaining_time_in_millis(self) -> int:
            return 60_000

    threads = [threading.Thread(target=sweep_facts.handler, args=(event, Context())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ("password_changed", fact.id) in names("emails")
    assert swept() == 0


def test_a_readers_line_names_the_fact_and_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    fact = a_fact()
    react_to_facts.handler(stream(fact), None)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["message"], line["request_id"], line["extra"]["fact"]) == ("told", "req_test", fact.id)
