"""Row F31: whatever a client may read right after its own write shows that write, though copies and indexes lag.

What lists everybody (`GET /users`, the names of `GET /admin/users`, the audit log of one person) goes through an index
and may show somebody else's news late; nobody's own news waits for it. A new route with an own read joins by one
function under `@own_write`.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib.accounts.records import User
from chalicelib.table import keys, reads
from infra.local.gateway import Reply
from tests.factories.people import PASSWORD, registration
from tests.faults.effects import happenings
from tests.faults.lab import Lab
from tests.faults.lag import Lag, lagging
from tests.faults.people_flows import forgetful, leaving, member, member_and_boss, newcomer
from tests.faults.table import Rounds, fault_row

Cast = dict[str, Any]
NEW = "nine-quiet-herons"
OWN_WRITES: dict[str, tuple[Callable[[Lab], Cast], Callable[[Lab, Cast], None]]] = {}


def nobody(lab: Lab) -> Cast:
    return {"name": lab.named("asha")}


def own_write(before: Callable[[Lab], Cast]) -> Callable[[Callable[[Lab, Cast], None]], Callable[[Lab, Cast], None]]:
    """`before` says who is there; the function writes, reads what it wrote, and fails where it is not seen."""

    def register(work: Callable[[Lab, Cast], None]) -> Callable[[Lab, Cast], None]:
        OWN_WRITES[work.__name__] = before, work
        return work

    return register


@fault_row(
    "F31",
    "indexes and eventually consistent reads answer the version before",
    rounds=Rounds(reduced=2, full=40, test=1),
    goal="every own write is seen by the next read; 0 decisions from what is stale",
)
def reads_are_behind(lab: Lab, chance: random.Random) -> int:
    names = chance.sample(list(OWN_WRITES), len(OWN_WRITES))
    casts = {}
    for name in names:
        lab.suffix = f"-{name.replace('_', '-')}"
        casts[name] = OWN_WRITES[name][0](lab)
    lab.settle()
    with lagging(lab.injector, lab.house.cloud, timedelta(seconds=chance.uniform(0.1, 60))) as lag:
        assert_lagging(lab, lag)
        for name in names:
            lab.suffix = f"-{name.replace('_', '-')}"
            OWN_WRITES[name][1](lab, casts[name])
    lab.settle()
    return len(names)


def assert_lagging(lab: Lab, lag: Lag) -> None:
    """The fault is there: what does not ask for the newest does not get it."""
    me = lab.api.register("behindhand")
    assert reads.one(User, keys.user(me.id), consistent=False) is None
    assert lag.stale == 1


def seen(reply: Reply, **wanted: Any) -> Any:
    assert reply.status < 300, reply.body
    said = reply.json() if reply.body else {}
    assert {name: said.get(name) for name in wanted} == wanted
    return said


@own_write(nobody)
def registering(lab: Lab, cast: Cast) -> None:
    me = lab.api.register(cast["name"])
    seen(lab.api.get("/auth/me", token=me.access), username=me.username)
    seen(lab.api.get("/auth/sessions", token=me.access), count=1)
    seen(lab.api.post("/auth/login", {"identifier": me.email, "password": PASSWORD}), id=me.id)
    assert lab.api.post("/auth/register", registration(username=me.username, email="x@example.org")).status == 409
    assert lab.api.post("/auth/refresh", {"refresh": me.refresh}).status == 200
    export = seen(lab.api.get("/users/me/export", token=me.access), user_id=me.id)
    assert len(export["items"]["session"]) == 2


@own_write(nobody)
def registering_twice_with_one_key(lab: Lab, cast: Cast) -> None:
    body = registration(username=cast["name"], email=f"{cast['name']}@example.org")
    first, second = (lab.api.post("/auth/register", body, idempotency_key="k" + cast["name"]) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert seen(second, id=first.json()["id"])


@own_write(member)
def signing_in(lab: Lab, cast: Cast) -> None:
    again = lab.api.login(cast["me"].username)
    listed = seen(lab.api.get("/auth/sessions", token=again.access), count=2)
    assert [each["current"] for each in listed["results"] if each["id"] == again.session] == [True]


@own_write(member)
def refreshing(lab: Lab, cast: Cast) -> None:
    tokens = cast["me"].refresh
    for _ in range(3):
        said = seen(lab.api.post("/auth/refresh", {"refresh": tokens}))
        tokens = said["refresh"]
        seen(lab.api.get("/auth/me", token=said["access"]), id=cast["me"].id)


@own_write(member)
def signing_out(lab: Lab, cast: Cast) -> None:
    me = cast["me"]
    assert lab.api.post("/auth/logout", {"refresh": me.refresh}).status < 300
    assert lab.api.get("/auth/me", token=me.access).status == 401
    assert lab.api.post("/auth/refresh", {"refresh": me.refresh}).status == 401


@own_write(member)
def signing_out_elsewhere(lab: Lab, cast: Cast) -> None:
    me = cast["me"]
    other = lab.api.login(me.username)
    assert lab.api.delete(f"/auth/sessions/{other.session}", token=me.access).status < 300
    seen(lab.api.get("/auth/sessions", token=me.access), count=1)
    assert lab.api.get("/auth/me", token=other.access).status == 401
    assert lab.api.post("/auth/refresh", {"refresh": other.refresh}).status == 401


@own_write(member)
def changing_the_profile(lab: Lab, cast: Cast) -> None:
    for number in range(3):
        headline = f"number {number}"
        reply = lab.api.patch("/users/profile", {"headline": headline}, token=cast["me"].access)
        seen(reply, headline=headline)
        for path in ("/users/profile", "/users/me", "/auth/me"):
            found = lab.api.get(path, token=cast["me"].access)
            seen(found, headline=headline)
        etag = found.header("etag")
        assert etag
        named = lab.api.patch("/users/profile", {"bio": headline}, token=cast["me"].access, if_match=etag)
        seen(named, bio=headline)


@own_write(member)
def taking_a_role(lab: Lab, cast: Cast) -> None:
    seen(lab.api.post("/users/me/roles", {"role": "instructor"}, token=cast["me"].access))
    assert "instructor" in seen(lab.api.get("/auth/me", token=cast["me"].access))["roles"]


@own_write(member)
def choosing_mail(lab: Lab, cast: Cast) -> None:
    seen(lab.api.put("/users/me/mail-preferences", {"news": False}, token=cast["me"].access), news=False)
    seen(lab.api.get("/users/me/mail-preferences", token=cast["me"].access), news=False, tips=True)


@own_write(member)
def changing_the_password(lab: Lab, cast: Cast) -> None:
    me = cast["me"]
    body = {"current_password": PASSWORD, "new_password": NEW}
    said = seen(lab.api.post("/auth/change-password", body, token=me.access))
    assert lab.api.get("/auth/me", token=me.access).status == 401
    assert lab.api.post("/auth/login", {"identifier": me.username, "password": PASSWORD}).status == 401
    seen(lab.api.get("/auth/sessions", token=said["access"]), count=1)
    assert lab.api.login(me.username, NEW).id == me.id


@own_write(newcomer)
def proving_the_address(lab: Lab, cast: Cast) -> None:
    assert lab.api.post("/auth/email/verify", {"token": cast["token"]}).status == 200
    seen(lab.api.get("/auth/me", token=cast["me"].access), is_verified=True)
    assert lab.api.post("/auth/email/verify", {"token": cast["token"]}).status == 422


@own_write(forgetful)
def resetting_the_password(lab: Lab, cast: Cast) -> None:
    assert lab.api.post("/auth/password/reset", {"token": cast["token"], "password": NEW}).status == 200
    assert lab.api.login(cast["me"].username, NEW).id == cast["me"].id
    assert lab.api.get("/auth/me", token=cast["me"].access).status == 401
    assert lab.api.post("/auth/password/reset", {"token": cast["token"], "password": PASSWORD}).status == 422


@own_write(member)
def asking_for_erasure(lab: Lab, cast: Cast) -> None:
    me = cast["me"]
    assert lab.api.delete("/users/me", {"password": PASSWORD}, token=me.access).status < 300
    assert lab.api.get("/auth/me", token=me.access).status == 401
    again = lab.api.login(me.username)
    assert seen(lab.api.get("/auth/me", token=again.access))["erasure_due"] is not None
    assert lab.api.post("/users/me/restore", token=again.access).status < 300
    seen(lab.api.get("/auth/me", token=again.access), erasure_due=None)


@own_write(leaving)
def who_stays_after_all_is_not_erased(lab: Lab, cast: Cast) -> None:
    """The nightly clock finds them in an index that has not heard of it."""
    assert lab.api.post("/users/me/restore", token=cast["me"].access).status < 300
    run = lab.house.driver.fire("erase_accounts", lab.clock.now() + timedelta(days=365))
    assert not run.failed, run.error
    assert cast["me"].id not in {fact.subject for fact in happenings("user.erased")}
    seen(lab.api.get("/auth/me", token=cast["me"].access), id=cast["me"].id)


@own_write(member_and_boss)
def changing_somebodys_rights(lab: Lab, cast: Cast) -> None:
    me, boss = cast["me"], cast["boss"]
    path = f"/admin/users/{me.id}"
    seen(lab.api.patch(path, {"tier": "premium", "roles": ["instructor"]}, token=boss.access), tier="premium")
    seen(lab.api.get(path, token=boss.access), tier="premium", roles=["instructor"])
    seen(lab.api.get("/auth/me", token=me.access), tier="premium", roles=["instructor"])
    assert found_by_admin(lab, cast, f"q={me.username}") == [("premium", False)]
    assert found_by_admin(lab, cast, f"q={me.email}&tier=premium") == [("premium", False)]
    assert found_by_admin(lab, cast, f"q={me.username}&tier=free") == []


def found_by_admin(lab: Lab, cast: Cast, query: str) -> list[tuple[str, bool]]:
    listed = seen(lab.api.get(f"/admin/users?{query}", token=cast["boss"].access))
    return [(each["tier"], each["is_banned"]) for each in listed["results"]]


@own_write(member_and_boss)
def suspending_somebody(lab: Lab, cast: Cast) -> None:
    me, boss = cast["me"], cast["boss"]
    seen(lab.api.post(f"/admin/users/{me.id}/ban", {"reason": "spam"}, token=boss.access), is_banned=True)
    seen(lab.api.get(f"/admin/users/{me.id}", token=boss.access), is_banned=True)
    assert found_by_admin(lab, cast, f"q={me.username}") == [("free", True)]
    assert lab.api.get("/users/me", token=me.access).status in (401, 403)
    assert lab.api.post("/auth/refresh", {"refresh": me.refresh}).status in (401, 403)
    assert lab.api.post("/auth/login", {"identifier": me.username, "password": PASSWORD}).status == 403
    seen(lab.api.delete(f"/admin/users/{me.id}/ban", token=boss.access), is_banned=False)
    assert lab.api.login(me.username).id == me.id


@own_write(member)
def reading_ones_events(lab: Lab, cast: Cast) -> None:
    """Told by a worker; as soon as it has said so, the feed has it, and nothing of it is missing."""
    me = cast["me"]
    before = seen(lab.api.get("/events?since=0", token=me.access))["next_since"]
    lab.api.patch("/users/profile", {"bio": "news"}, token=me.access)
    for _ in range(10):
        lab.house.driver.round()
    names = [each["name"] for each in seen(lab.api.get(f"/events?since={before}", token=me.access))["results"]]
    assert names == ["user.profile_changed"]


@own_write(member)
def using_up_an_allowance(lab: Lab, cast: Cast) -> None:
    wrong = {"identifier": cast["me"].username, "password": "not-the-password"}
    statuses = [lab.api.post("/auth/login", wrong, ip="203.0.113.9").status for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
