"""The day's quota under trouble: repeats, lost answers, a limiter that is silent or busy, fifty requests at once."""

from collections import Counter as Tally
from collections.abc import Callable

import pytest

from chalicelib.settings import settings
from chalicelib.table import reads
from chalicelib.web import metering
from chalicelib.web.metering import Meter
from infra.local.gateway import Reply
from tests.faults.injector import Injector, broken, lost_acknowledgement, single_conflict, unreachable
from tests.http.api import Api, Person, at_once, problem
from tests.http.test_goals import made
from tests.http.test_metering import LOG, key_of, left, log, use, used


@pytest.fixture
def me(api: Api) -> Person:
    """Somebody of the free tier with a goal."""
    person = api.member("meera")
    made(api, person)
    return person


def test_a_repeat_costs_nothing(api: Api, me: Person) -> None:
    replies = [log(api, me, idempotency_key="one") for _ in range(3)]
    assert [reply.header("idempotency-replayed") for reply in replies] == [None, "true", "true"]
    assert [left(reply)[2] for reply in replies] == ["9", "9", "9"]
    assert used(me) == 1


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"text": "new"}), ("DELETE", None)])
def test_the_repeat_of_a_change_costs_nothing(api: Api, me: Person, method: str, body: dict[str, str] | None) -> None:
    log(api, me)
    replies = [api.call(method, f"{LOG}/1", body, token=me.access, idempotency_key="one") for _ in range(2)]
    assert [reply.header("idempotency-replayed") for reply in replies] == [None, "true"]
    assert used(me) == 2


def test_a_lost_answer_is_given_again_to_who_has_used_up_the_day(api: Api, me: Person) -> None:
    use(me, 9)
    first, again, other = (log(api, me, idempotency_key=key) for key in ("one", "one", "two"))
    assert (first.status, again.status, other.status) == (201, 201, 429)
    assert first.body == again.body


def test_a_lost_acknowledgement_does_not_count_twice(api: Api, me: Person, faults: Injector) -> None:
    faults.break_nth((0,), lambda trip: trip.operation == "TransactWriteItems", lost_acknowledgement)
    reply = log(api, me)
    assert (reply.status, left(reply)[2]) == (201, "9")
    assert used(me) == 1


def test_our_own_failure_costs_nothing(api: Api, me: Person, faults: Injector) -> None:
    faults.break_when(lambda trip: trip.operation == "TransactWriteItems", broken)
    assert log(api, me).status == 503
    assert used(me) == 0


def test_reads_and_refusals_go_on_where_nobody_counts(api: Api, me: Person, faults: Injector) -> None:
    faults.break_when(lambda trip: trip.of_limiter, unreachable)
    assert api.get(LOG, token=me.access).status == 200
    assert api.post(LOG, {}, token=me.access).status == 422
    assert log(api, me).status == 201
    assert used(me) == 1


def test_a_counter_that_is_busy_is_asked_again(api: Api, me: Person, faults: Injector) -> None:
    counting = lambda trip: trip.of_limiter and f"tier#{me.id}" in str(trip.request.body)  # noqa: E731
    faults.break_nth(range(3), counting, lambda client, request: single_conflict(request))
    assert api.get(LOG, token=me.access).status == 200
    assert used(me) == 1


def test_nobody_slips_through_while_a_counter_stays_busy(
    api: Api, me: Person, faults: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metering, "PATIENCE_SECONDS", 0.05)
    counting = lambda trip: trip.of_limiter and f"tier#{me.id}" in str(trip.request.body)  # noqa: E731
    faults.break_when(counting, lambda client, request: single_conflict(request))
    assert problem(api.get(LOG, token=me.access)) == (503, "limiter_unavailable")


def test_who_was_counted_meanwhile_counts_on_from_there(api: Api, me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another device reads between this one's reading and writing."""
    real, looks = Meter.look, []

    def looking(meter: Meter, found: object) -> None:
        real(meter, found)  # type: ignore[arg-type]
        looks.append(1)
        if len(looks) == 1:
            api.get(LOG, token=me.access)

    monkeypatch.setattr(Meter, "look", looking)
    reply = log(api, me)
    assert (reply.status, left(reply)[2], len(looks)) == (201, "8", 2)
    assert used(me) == 2


@pytest.mark.row("G32", "G34")
def test_of_fifty_requests_at_once_exactly_ten_get_through(api: Api, me: Person) -> None:
    work: list[Callable[[], Reply]] = [
        lambda: log(api, me),
        lambda: api.get(LOG, token=me.access),
        lambda: api.get("/progress?kind=goal", token=me.access),
        lambda: api.post(LOG, {"logged_hours": "-1:00:00"}, token=me.access),
        lambda: api.patch(f"{LOG}/1", {"text": "x"}, token=me.access),
    ]
    for day in range(3):
        counter = key_of(me)
        replies = at_once(50, lambda number: work[number % len(work)]())
        statuses = Tally(reply.status for reply in replies)
        assert statuses[429] == 40, (day, statuses)
        assert set(statuses) <= {200, 201, 404, 422, 429}
        seen = sorted(left(reply)[2] or "" for reply in replies if reply.status != 429)
        assert seen == sorted(map(str, range(10)))
        assert used(me) == 10
        reads.call("delete_item", TableName=settings.table_name, Key=reads.raw_key(counter))
