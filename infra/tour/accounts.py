"""The frame of the tour: Asha registers, looks after her account, is seen from above, leaves and comes back."""

import time

from infra.local.views import PASSWORD
from infra.tour.visitor import API, Lost, Visitor, token_in


def arrive(visitor: Visitor, name: str, email: str, password: str) -> str:
    visitor.say("Asha registers. What is wrong is named, field by field.")
    visitor.send("POST", f"{API}/auth/register", {"email": "asha", "password": "x", "tier": "gold"}, expect=422)
    wish = {"username": name, "email": email, "password": password, "first_name": "Asha"}
    key = f"tour-{name}"
    first = visitor.send("POST", f"{API}/auth/register", wish, expect=201, Idempotency_Key=key)
    visitor.say("Her network stuttered and she sends it again, with the same key: the same answer, no second account.")
    again = visitor.send("POST", f"{API}/auth/register", wish, expect=201, Idempotency_Key=key)
    if again.body["id"] != first.body["id"]:
        raise Lost("a repeat made a second account")
    visitor.say("A mail asks her to confirm the address.")
    token = token_in(visitor.mail(email, "confirm"))
    visitor.send("POST", f"{API}/auth/email/verify", {"token": token})
    visitor.send("POST", f"{API}/auth/email/verify", {"token": token}, expect=422)
    access: str = first.body["access"]
    return access


def settle_in(visitor: Visitor, access: str) -> None:
    visitor.say("She fills in her profile; an edit of a stale copy is refused.")
    profile = visitor.send("GET", f"{API}/users/profile", token=access)
    tag = profile.headers["etag"]
    visitor.send("PATCH", f"{API}/users/profile", {"headline": "A little every day"}, token=access, If_Match=tag)
    visitor.send("PATCH", f"{API}/users/profile", {"headline": "Late"}, token=access, If_Match=tag, expect=412)
    visitor.send("GET", f"{API}/auth/sessions", token=access)
    visitor.say("What happened to her is in her event feed, in order and without gaps.")
    visitor.until(lambda: len(visitor.see(f"{API}/events?since=0", access)["results"]) >= 3, "her events")
    visitor.send("GET", f"{API}/events?since=0", token=access)


def forget_password(visitor: Visitor, email: str) -> None:
    visitor.say("She forgets her password. The answer is the same for an address that nobody has.")
    visitor.send("POST", f"{API}/auth/password/forgot", {"email": "nobody@example.org"}, expect=202)
    visitor.send("POST", f"{API}/auth/password/forgot", {"email": email}, expect=202)
    token = token_in(visitor.mail(email, "password"))
    visitor.send("POST", f"{API}/auth/password/reset", {"token": token, "new_password": "nine-quiet-herons"})


def look_from_above(visitor: Visitor, name: str) -> None:
    visitor.say("The administrator finds her, grants premium, and checks that nobody rewrote the audit log.")
    signed_in = visitor.send("POST", f"{API}/auth/login", {"username": "admin", "password": PASSWORD})
    access = signed_in.body["access"]
    found = visitor.send("GET", f"{API}/admin/users?q={name}", token=access)
    user_id = found.body["results"][0]["id"]
    visitor.send("PATCH", f"{API}/admin/users/{user_id}", {"tier": "premium"}, token=access)
    visitor.send("GET", f"{API}/admin/audit-logs?subject={user_id}", token=access)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    visitor.send("GET", f"{API}/admin/audit-logs/verify?day={today}", token=access)


def leave(visitor: Visitor, name: str, password: str) -> None:
    visitor.say(
        "She signs in on the old path of one of the five systems, takes her data along, leaves, and comes back."
    )
    signed_in = visitor.send("POST", "/api/token/", {"username": name, "password": password})
    visitor.send("GET", f"{API}/users/me/export", token=signed_in.body["access"])
    visitor.send("DELETE", f"{API}/users/me", {"password": password}, token=signed_in.body["access"], expect=202)
    visitor.send("GET", f"{API}/auth/me", token=signed_in.body["access"], expect=401)
    again = visitor.send("POST", f"{API}/auth/login", {"username": name, "password": password})
    visitor.send("POST", f"{API}/users/me/restore", token=again.body["access"])
