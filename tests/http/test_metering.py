"""The day's quota of a tier: what counts, what does not, and that it is exact whatever comes together."""

from collections.abc import Callable

import pytest

from app import app
from chalicelib import clock
from chalicelib import settings as module
from chalicelib.settings import DAY, HOUR, Quota, settings
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from chalicelib.web import limits
from chalicelib.web.identity import caller_in
from chalicelib.web.metering import Counter
from chalicelib.web.windows import local_day
from infra.local.gateway import Reply
from tests.faults.injector import Injector
from tests.http.api import Api, Person, problem
from tests.http.test_goals import made

HALF_AN_HOUR = {"logged_hours": "0:30:00", "total_hours": "1:00:00"}
LOG = "/goals/1/progress"


@pytest.fixture
def me(api: Api) -> Person:
    """Somebody of the free tier with a goal."""
    person = api.member("meera")
    made(api, person)
    return person


def key_of(person: Person) -> keys.Key:
    caller = caller_in(person.access)
    return keys.limit("tier", person.id, local_day(clock.now(), caller.zone, caller.held_day).name)


def used(person: Person) -> int:
    counter = reads.one(Counter, key_of(person))
    return 0 if counter is None else int(counter.n)


def use(person: Person, amount: int) -> None:
    alone(put(Counter.under(key_of(person), n=amount)))


def log(api: Api, who: Person, **options: str) -> Reply:
    return api.post(LOG, HALF_AN_HOUR, token=who.access, **options)


def left(reply: Reply) -> tuple[str | None, str | None, str | None]:
    return reply.header("ratelimit-policy"), reply.header("x-ratelimit-limit"), reply.header("x-ratelimit-remaining")


@pytest.mark.row("G32", "G03")
def test_a_person_of_the_free_tier_has_ten_requests_a_day(api: Api, me: Person) -> None:
    assert module.SCOPES["tier_free"].quota == Quota(10, DAY)
    replies = [log(api, me) if n % 2 else api.get(LOG, token=me.access) for n in range(11)]
    assert [reply.status for reply in replies] == [200, 201] * 5 + [429]
    assert [left(reply)[1:] for reply in replies[:10]] == [("10", str(n)) for n in range(9, -1, -1)]
    assert used(me) == 10


@pytest.mark.row("G33", "G03")
def test_a_person_of_the_premium_tier_has_a_thousand(api: Api) -> None:
    assert module.SCOPES["tier_premium"].quota == Quota(1000, DAY)
    me = api.member("prema", tier="premium")
    made(api, me)
    use(me, 998)
    replies = [log(api, me), api.get(LOG, token=me.access), log(api, me)]
    assert [reply.status for reply in replies] == [201, 200, 429]
    assert [left(reply)[1:] for reply in replies] == [("1000", "1"), ("1000", "0"), ("1000", "0")]


@pytest.mark.row("G34", "X13")
def test_only_progress_of_goals_is_metered() -> None:
    metered = {route.path.removeprefix("/api/v1") for route in app.operations if route.metered is not False}
    by_word = {route.path.removeprefix("/api/v1") for route in app.operations}
    expected = {path for path in by_word if path.startswith(("/goal-progress", "/goals/{goal}/progress"))}
    assert metered == expected | {"/progress", "/progress/{progress_id}"}
    assert len(expected) == 5


@pytest.mark.row("G34", "X13")
def test_all_else_goes_on_where_the_day_is_used_up(api: Api, me: Person) -> None:
    use(me, 10)
    paths = ["/goals", "/goals/1", "/summary/weekly", "/lesson-progress", "/progress?kind=lesson", "/auth/me"]
    assert [api.get(path, token=me.access).status for path in paths] == [200] * len(paths)
    assert api.patch("/goals/1", {"description": "on we go"}, token=me.access).status == 200


@pytest.mark.row("G34")
@pytest.mark.parametrize(
    "path", ["/progress?kind=goal", "/goal-progress", "/api/goals/1/progress/", "/api/progress?kind=goal"]
)
def test_every_way_to_the_progress_of_goals_is_metered(api: Api, me: Person, path: str) -> None:
    use(me, 9)
    assert [api.get(path, token=me.access).status for _ in range(2)] == [200, 429]


COUNTED: dict[str, tuple[int, Callable[[Api, Person, str], Reply]]] = {
    "a list": (200, lambda api, me, id: api.get(LOG, token=me.access)),
    "its head": (200, lambda api, me, id: api.call("HEAD", LOG, token=me.access)),
    "one": (200, lambda api, me, id: api.get(f"/goal-progress/{id}", token=me.access)),
    "one in the union": (200, lambda api, me, id: api.get(f"/progress/{id}", token=me.access)),
    "an export": (200, lambda api, me, id: api.get("/goal-progress/entries.csv", token=me.access)),
    "an entry": (201, lambda api, me, id: log(api, me)),
    "a correction": (200, lambda api, me, id: api.patch(f"{LOG}/1", {"text": "new"}, token=me.access)),
    "nothing new": (200, lambda api, me, id: api.patch(f"{LOG}/1", {"text": ""}, token=me.access)),
    "a deletion": (204, lambda api, me, id: api.delete(f"{LOG}/1", token=me.access)),
    "an unknown goal": (404, lambda api, me, id: api.get("/goals/7/progress", token=me.access)),
    "an odd address": (404, lambda api, me, id: api.get("/goals/%20/progress", token=me.access)),
    "a write to an unknown goal": (
        404,
        lambda api, me, id: api.post("/goals/7/progress", HALF_AN_HOUR, token=me.access),
    ),
    "an unknown filter": (422, lambda api, me, id: api.get(f"{LOG}?colour=red", token=me.access)),
    "negative hours": (422, lambda api, me, id: api.post(LOG, {"logged_hours": "-1:00:00"}, token=me.access)),
    "no JSON": (400, lambda api, me, id: api.post(LOG, b"{", token=me.access)),
    "another type": (415, lambda api, me, id: api.post(LOG, b"x", token=me.access, content_type="text/plain")),
    "an old version": (
        412,
        lambda api, me, id: api.patch(f"{LOG}/1", {"text": "x"}, token=me.access, if_match='"9.x"'),
    ),
}


@pytest.mark.row("G34", "G46")
@pytest.mark.parametrize("what", COUNTED)
def test_whatever_is_asked_counts_once_and_the_headers_say_so(api: Api, me: Person, what: str) -> None:
    id = log(api, me).json()["id"]
    status, asking = COUNTED[what]
    reply = asking(api, me, id)
    assert reply.status == status, reply.body
    assert used(me) == 2
    assert left(reply) == ('"tier_free";q=10;w=86400', "10", "8")


def test_what_has_not_changed_since_counts_too(api: Api, me: Person) -> None:
    tag = api.get(LOG, token=me.access).header("etag") or ""
    assert api.get(LOG, token=me.access, if_none_match=tag).status == 304
    assert used(me) == 2


def test_who_is_not_signed_in_costs_nobody_anything(api: Api, me: Person) -> None:
    api.post("/auth/logout", token=me.access)
    replies = [api.get(LOG), api.get(LOG, token="no.such.token"), log(api, me)]
    assert [reply.status for reply in replies] == [401] * 3
    assert used(me) == 0


@pytest.mark.row("G46")
def test_a_refusal_costs_nothing_and_says_when_to_come_back(api: Api, me: Person) -> None:
    use(me, 10)
    for reply in (log(api, me), api.get(LOG, token=me.access), api.post(LOG, {}, token=me.access)):
        wait = reply.header("retry-after")
        assert problem(reply) == (429, "limit_reached")
        assert 0 < int(wait or 0) <= DAY
        assert reply.header("ratelimit") == f'"tier_free";r=0;t={wait}'
    assert used(me) == 10


@pytest.mark.row("G34", "X13")
def test_the_stricter_of_two_quotas_wins(api: Api, me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    api.get(LOG, token=me.access)
    monkeypatch.setitem(settings.quotas, "user", Quota(1, HOUR))
    limits.forget()
    reply = api.get(LOG, token=me.access)
    assert (reply.status, left(reply)[0]) == (429, '"user";q=1;w=3600')
    assert used(me) == 1


@pytest.mark.row("G46")
def test_an_entry_and_its_count_are_two_trips(api: Api, me: Person, faults: Injector) -> None:
    log(api, me)
    faults.forget()
    log(api, me)
    assert faults.names() == ["BatchGetItem", "TransactWriteItems"]


def test_a_read_pays_one_trip_for_its_count(api: Api, me: Person, faults: Injector) -> None:
    api.get("/goals/1", token=me.access)
    faults.forget()
    api.get(f"{LOG}/1", token=me.access)
    assert faults.names().count("limiter UpdateItem") == 1


@pytest.mark.row("G03", "G33")
def test_a_better_tier_works_at_once(api: Api, me: Person) -> None:
    use(me, 10)
    assert api.get(LOG, token=me.access).status == 429
    boss = api.admin()
    api.patch(f"/admin/users/{me.id}", {"tier": "premium"}, token=boss.access)
    replies = [api.get(LOG, token=me.access), api.post(LOG, {}, token=me.access), log(api, me)]
    assert [reply.status for reply in replies] == [200, 422, 201]
    assert [left(reply)[1:] for reply in replies] == [("1000", "989"), ("1000", "988"), ("1000", "987")]


@pytest.mark.row("G03", "G32")
def test_a_lesser_tier_works_at_once_for_what_writes_and_for_reads_with_the_next_token(api: Api) -> None:
    me = api.member("prema", tier="premium")
    made(api, me)
    use(me, 500)
    api.patch(f"/admin/users/{me.id}", {"tier": "free"}, token=api.admin().access)
    assert (log(api, me).status, api.get(LOG, token=me.access).status) == (429, 200)
    renewed = api.post("/auth/refresh", {"refresh": me.refresh}).json()["access"]
    reply = api.get(LOG, token=renewed)
    assert (reply.status, left(reply)[1:]) == (429, ("10", "0"))
