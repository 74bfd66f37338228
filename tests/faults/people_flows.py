"""The flows of accounts: what people do, what administrators do with them, and what follows by itself."""

import json
from datetime import timedelta
from typing import Any

from chalicelib import aws
from chalicelib.settings import settings
from infra.local.gateway import Reply
from tests.factories.people import PASSWORD, enlisted, registration
from tests.faults.flows import Cast, Go, flow
from tests.faults.lab import Lab

NEW = "nine-quiet-herons"
Options = dict[str, Any]


def member(lab: Lab) -> Cast:
    """Somebody signed in."""
    return {"me": lab.api.member(lab.named("member"), email=lab.address("member"), first_name="Mem")}


def member_and_boss(lab: Lab) -> Cast:
    return {**member(lab), "boss": lab.api.member(lab.named("the-boss"), roles=("admin",))}


def banned_and_boss(lab: Lab) -> Cast:
    cast = member_and_boss(lab)
    lab.api.post(f"/admin/users/{cast['me'].id}/ban", {}, token=cast["boss"].access)
    return quiet(lab, cast)


def quiet(lab: Lab, cast: Cast) -> Cast:
    lab.settle()
    return cast


def newcomer(lab: Lab) -> Cast:
    """Somebody who has registered and read the mail."""
    me = lab.api.register(lab.named("asha"))
    lab.settle()
    return {"me": me, "token": lab.mailed_token(me.email)}


def forgetful(lab: Lab) -> Cast:
    cast = member(lab)
    lab.api.post("/auth/password/forgot", {"email": cast["me"].email})
    lab.settle()
    return {**cast, "token": lab.mailed_token(cast["me"].email)}


def leaving(lab: Lab) -> Cast:
    """Somebody who has asked for erasure and signed in again."""
    cast = member(lab)
    lab.api.delete("/users/me", {"password": PASSWORD}, token=cast["me"].access)
    lab.settle()
    return {"me": lab.api.login(cast["me"].username)}


def keyed(key: str | None) -> Options:
    return {} if key is None else {"idempotency_key": key}


def as_member(method: str, path: str, body: Any = None) -> Go:
    def go(lab: Lab, cast: Cast, key: str | None) -> Reply:
        return lab.api.call(method, path, body, token=cast["me"].access, **keyed(key))

    return go


def as_boss(method: str, path: str, body: Any = None) -> Go:
    def go(lab: Lab, cast: Cast, key: str | None) -> Reply:
        return lab.api.call(method, path.format(**vars(cast["me"])), body, token=cast["boss"].access, **keyed(key))

    return go


def with_mailed_token(path: str, **more: str) -> Go:
    return lambda lab, cast, key: lab.api.post(path, {"token": cast["token"], **more}, **keyed(key))


def refresh(lab: Lab, cast: Cast, _: str | None) -> Reply:
    return lab.api.post("/auth/refresh", {"refresh": cast["me"].refresh})


def register(lab: Lab, cast: Cast, key: str | None) -> Reply:
    body = registration(username=cast["name"], email=f"{cast['name']}@example.org")
    return lab.api.post("/auth/register", body, **keyed(key))


def login(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.post("/auth/login", {"username": cast["me"].username, "password": PASSWORD}, **keyed(key))


def forgot(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.post("/auth/password/forgot", {"email": cast["me"].email}, **keyed(key))


def can_sign_in_with(password: str) -> Any:
    def holds(lab: Lab, cast: Cast) -> None:
        name = cast["me"].username if "me" in cast else cast["name"]
        assert lab.api.login(name, password).username == name

    return holds


def successor_works(lab: Lab, cast: Cast) -> None:
    """Nobody who is honest is signed out: the token they hold, or the one they got for it, goes on."""
    reply = refresh(lab, cast, None)
    assert reply.status == 200, reply.body
    newest = lab.api.post("/auth/refresh", {"refresh": reply.json()["refresh"]})
    assert newest.status == 200, newest.body


def is_signed_out(lab: Lab, cast: Cast) -> None:
    assert lab.api.patch("/users/profile", {"bio": "x"}, token=cast["me"].access).status == 401
    assert refresh(lab, cast, None).status == 401


def profile(**wanted: Any) -> Any:
    def holds(lab: Lab, cast: Cast) -> None:
        found = lab.item(f"USER#{cast['me'].id}", "USER")
        assert {name: found.get(name) for name in wanted} == wanted

    return holds


flow(
    "register",
    register,
    begin=lambda lab: {"name": lab.named("asha")},
    told={"user.registered": 1},
    repeated=frozenset({201, 409}),
    once_without_key=True,
    holds=can_sign_in_with(PASSWORD),
)
flow(
    "login",
    login,
    begin=lambda lab: {"me": enlisted(lab.named("member"), email=lab.address("member"))},
    told={"user.logged_in": 1},
)
flow("refresh", refresh, begin=member, once_without_key=True, holds=successor_works)
flow(
    "logout",
    lambda lab, cast, key: lab.api.post("/auth/logout", {"refresh": cast["me"].refresh}, **keyed(key)),
    begin=member,
    told={"user.logged_out": 1},
    once_without_key=True,
    holds=is_signed_out,
)
flow(
    "verify mail",
    with_mailed_token("/auth/email/verify"),
    begin=newcomer,
    told={"user.verified": 1},
    repeated=frozenset({200, 422}),
    once_without_key=True,
)
flow(
    "resend",
    lambda lab, cast, key: lab.api.post("/auth/email/resend", {}, token=cast["me"].access, **keyed(key)),
    begin=member,
    told={"auth.verification_requested": 1},
)
flow(
    "forgot password",
    forgot,
    begin=member,
    told={"auth.reset_requested": 1},
)
flow(
    "reset password",
    with_mailed_token("/auth/password/reset", new_password=NEW),
    begin=forgetful,
    told={"user.password_reset": 1},
    repeated=frozenset({200, 422}),
    once_without_key=True,
    holds=can_sign_in_with(NEW),
)
flow(
    "change password",
    as_member("POST", "/auth/change-password", {"current_password": PASSWORD, "new_password": NEW}),
    begin=member,
    told={"user.password_changed": 1},
    repeated=frozenset({401}),
    once_without_key=True,
    holds=can_sign_in_with(NEW),
)
flow(
    "profile patch",
    as_member("PATCH", "/users/profile", {"bio": "new", "listed": False}),
    begin=member,
    told={"user.profile_changed": 1},
    once_without_key=True,
    holds=profile(bio="new", listed=False),
)
flow(
    "mail preferences",
    as_member("PUT", "/users/me/mail-preferences", {"news": False}),
    begin=member,
    told={"user.mail_preferences_changed": 1},
    once_without_key=True,
    holds=profile(refused_mail=["news"]),
)
flow(
    "take a role",
    as_member("POST", "/users/me/roles", {"role": "instructor"}),
    begin=member,
    told={"user.role_changed": 1},
    once_without_key=True,
    holds=profile(roles=["student", "instructor"]),
)
flow(
    "role by admin",
    as_boss("PATCH", "/admin/users/{id}", {"roles": ["instructor"]}),
    begin=member_and_boss,
    told={"user.role_changed": 1},
    once_without_key=True,
    holds=profile(roles=["instructor"]),
)
flow(
    "tier by admin",
    as_boss("PATCH", "/admin/users/{id}", {"tier": "premium"}),
    begin=member_and_boss,
    told={"user.tier_changed": 1},
    once_without_key=True,
    holds=profile(tier="premium"),
)
flow(
    "ban",
    as_boss("POST", "/admin/users/{id}/ban", {}),
    begin=member_and_boss,
    told={"user.banned": 1},
    once_without_key=True,
)
flow(
    "unban",
    as_boss("DELETE", "/admin/users/{id}/ban"),
    begin=banned_and_boss,
    told={"user.unbanned": 1},
    once_without_key=True,
    holds=can_sign_in_with(PASSWORD),
)
flow(
    "ask erasure",
    as_member("DELETE", "/users/me", {"password": PASSWORD}),
    begin=member,
    told={"user.erasure_requested": 1},
    repeated=frozenset({401}),
    repeated_with_key=frozenset({202, 401}),  # Who leaves has no session to repeat it with.
    once_without_key=True,
)
flow(
    "cancel erasure",
    as_member("POST", "/users/me/restore"),
    begin=leaving,
    told={"user.erasure_cancelled": 1},
    repeated=frozenset({200, 409}),
    once_without_key=True,
)
flow(
    "export",
    as_member("GET", "/users/me/export"),
    begin=member,
    told={"user.exported": 1},
    repeated=frozenset({200}),
    keyed=False,
)


def everything_waits(lab: Lab) -> Cast:
    """Facts in the stream, with letters and history to follow."""
    cast = newcomer_unread(lab)
    lab.api.patch("/users/profile", {"bio": "new"}, token=cast["me"].access)
    lab.api.post("/auth/email/resend", {}, token=cast["me"].access)
    return cast


def newcomer_unread(lab: Lab) -> Cast:
    return {"me": lab.api.register(lab.named("asha"))}


def letters_wait(lab: Lab) -> Cast:
    cast = everything_waits(lab)
    lab.step("react_to_facts")
    lab.step("keep_history")
    return cast


def history_waits(lab: Lab) -> Cast:
    cast = everything_waits(lab)
    lab.step("react_to_facts")
    lab.step("send_email")
    return cast


def bounces_wait(lab: Lab) -> Cast:
    cast = member(lab)
    lab.settle()
    for kind, whose in (("bounce", "member@example.org"), ("complaint", "stranger@example.org")):
        aws.client("sqs").send_message(QueueUrl=aws.queue_url("mail-events"), MessageBody=mail_event(kind, whose))
    return cast


def mail_event(kind: str, address: str) -> str:
    told = {
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address}]},
        "complaint": {"complainedRecipients": [{"emailAddress": address}]},
    }
    return json.dumps({"eventType": kind.title(), "mail": {"messageId": f"m-{address}"}, kind: told[kind]})


def untold(lab: Lab) -> Cast:
    """Facts that the stream has lost."""
    cast = everything_waits(lab)
    lab.trim()
    lab.clock.shift(timedelta(minutes=12))
    return cast


def two_due(lab: Lab) -> Cast:
    """Two people whose grace period is over."""
    cast = {}
    for name in ("leaver-one", "leaver-two"):
        cast[name] = me = lab.api.member(name, email=f"{name}@example.org")
        lab.api.delete("/users/me", {"password": PASSWORD}, token=me.access, idempotency_key="k")
    lab.settle()
    lab.clock.shift(timedelta(days=settings.erasure_grace_days, hours=1))
    return cast


def yesterday(lab: Lab) -> Cast:
    cast = everything_waits(lab)
    lab.settle()
    lab.clock.shift(timedelta(days=1))
    return cast


def settling(lab: Lab, _: Cast, __: str | None) -> None:
    lab.settle()


def firing(name: str) -> Go:
    def go(lab: Lab, _: Cast, __: str | None) -> None:
        lab.fire(name)
        lab.settle()

    return go


def both_silenced(lab: Lab, cast: Cast) -> None:
    assert len(lab.items("silenced")) == 2


def both_erased(lab: Lab, cast: Cast) -> None:
    for name, person in cast.items():
        left = lab.item(f"USER#{person.id}", "USER")
        assert "erased_at" in left
        assert name not in json.dumps([each for each in lab.items() if each.get("kind") != "limit"], default=str)
        assert [each["sk"] for each in lab.items() if each["pk"] == f"USER#{person.id}"] == ["USER"]
        assert "gsi1pk" not in left


def is_anchored(lab: Lab, _: Cast) -> None:
    day = (lab.clock.now() - timedelta(days=1)).date().isoformat()
    listed = lab.house.cloud.client("s3").list_objects_v2(Bucket=settings.audit_heads_bucket)
    assert [each["Key"] for each in listed.get("Contents", [])] == [f"heads/{day}.json"]


flow("route a batch of facts", settling, begin=everything_waits, alone=True, once_without_key=True)
flow("send mail", settling, begin=letters_wait, alone=True, once_without_key=True)
flow("keep history", settling, begin=history_waits, alone=True, once_without_key=True)
flow(
    "handle mail events",
    settling,
    begin=bounces_wait,
    told={"mail.silenced": 1},
    alone=True,
    once_without_key=True,
    holds=both_silenced,
)
flow("sweep facts", firing("sweep_facts"), begin=untold, alone=True, once_without_key=True)
flow(
    "erase accounts",
    firing("erase_accounts"),
    begin=two_due,
    told={"user.erased": 2},
    alone=True,
    once_without_key=True,
    holds=both_erased,
)
flow("anchor audit", firing("anchor_audit"), begin=yesterday, alone=True, once_without_key=True, holds=is_anchored)
