"""The story of the accounts, from registration to erasure, played through the gateway; tests look at what happened."""

import os
import re
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.gateway import Reply
from infra.local.mailbox import Mail
from tests.e2e.stage import ORIGIN, Stage, until

ROOT = Path(__file__).resolve().parents[2]
API = "/api/v1"
PASSWORD = "seven-lean-otters"

#: What docs/guides/operators.md tells operators to do for their first administrator.
FIRST_ADMINISTRATOR = """
from chalicelib.accounts import people, rights
from chalicelib.accounts.names import owner
from chalicelib.table.acts import by_system
person = people.person(owner("boss@example.org"))
rights.with_rights(by_system("first-administrator"), person, {"roles": ["student", "admin"]})
"""


@dataclass(frozen=True)
class Story:
    registered: Reply
    replayed: Reply
    verification: Mail
    verified: Reply
    me: Reply
    read: Reply
    changed: Reply
    too_late: Reply
    refreshed: Reply
    after_logout: Reply
    banned: Reply
    after_ban: Reply
    log: list[dict[str, Any]]
    entry: Reply
    chain: Reply
    events: list[dict[str, Any]]
    leaving: Reply
    farewell: Mail
    asha: str


def play(stage: Stage) -> Story:
    key = str(uuid.uuid4())
    # Who waits longer than three seconds for a registration gives up; so does this client, cold functions included.
    registered = register(stage, "asha", timeout=3.0, Idempotency_Key=key, Origin=ORIGIN)
    replayed = register(stage, "asha", Idempotency_Key=key)
    verification = stage.mail_to("asha@example.org")
    verified = stage.call("POST", f"{API}/auth/email/verify", {"token": mailed_token(verification)})
    access = login(stage, "asha").json()["access"]
    me = stage.call("GET", f"{API}/auth/me", token=access)

    read = stage.call("GET", f"{API}/users/profile", token=access)
    version = read.header("etag") or ""
    changed, too_late = (profile(stage, access, headline, version) for headline in ("First", "Second"))

    session = login(stage, "asha").json()
    refreshed = stage.call("POST", f"{API}/auth/refresh", {"refresh": session["refresh"]})
    latest = refreshed.json()["access"]
    stage.call("POST", f"{API}/auth/logout", {"refresh": refreshed.json()["refresh"]}, token=latest)
    after_logout = stage.call("GET", f"{API}/auth/me", token=latest)

    ravi = register(stage, "ravi").json()
    register(stage, "boss")
    as_operator(stage, FIRST_ADMINISTRATOR)
    boss = login(stage, "boss").json()["access"]
    banned = stage.call("POST", f"{API}/admin/users/{ravi['id']}/ban", {"reason": "spam"}, token=boss)
    after_ban = stage.call("PATCH", f"{API}/users/profile", {"headline": "?"}, token=ravi["access"])

    events = until("asha's events", lambda: feed(stage, access, {"user.registered", "user.profile_changed"}))
    log = until("the ban in the audit log", lambda: audit(stage, boss, "user.banned"))
    entry = stage.call("GET", f"{API}/admin/audit-logs/{log[0]['id']}", token=boss)
    chain = stage.call("GET", f"{API}/admin/audit-logs/verify?day={log[0]['occurred_at'][:10]}", token=boss)
    leaving = stage.call("DELETE", f"{API}/users/me", {"password": PASSWORD}, token=access)
    farewell = stage.mail_to("asha@example.org", about="deleted")
    asha = registered.json()["id"]
    return Story(
        registered, replayed, verification, verified, me, read, changed, too_late, refreshed, after_logout, banned,
        after_ban, log, entry, chain, events, leaving, farewell, asha,
    )  # fmt: skip


def register(stage: Stage, username: str, timeout: float = 30.0, **headers: str) -> Reply:
    body = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
    return stage.call("POST", f"{API}/auth/register", body, timeout=timeout, **headers)


def login(stage: Stage, username: str) -> Reply:
    return stage.call("POST", f"{API}/auth/login", {"identifier": username, "password": PASSWORD})


def profile(stage: Stage, access: str, headline: str, version: str) -> Reply:
    return stage.call("PATCH", f"{API}/users/profile", {"headline": headline}, token=access, If_Match=version)


def feed(stage: Stage, access: str, names: set[str]) -> list[dict[str, Any]] | None:
    events: list[dict[str, Any]] = stage.call("GET", f"{API}/events?since=0", token=access).json()["results"]
    return events if names <= {event["name"] for event in events} else None


def audit(stage: Stage, access: str, action: str) -> list[dict[str, Any]] | None:
    found = stage.call("GET", f"{API}/admin/audit-logs?action={action}", token=access)
    entries: list[dict[str, Any]] = found.json()["results"]
    return entries or None


def mailed_token(mail: Mail) -> str:
    found = re.search(r"token=([^\s\"&]+)", mail.text)
    assert found, mail.text
    return found[1]


def as_operator(stage: Stage, program: str) -> None:
    """Run a program of the operators' guide, in a shell whose environment points at the stage."""
    function = stage.client("lambda").get_function_configuration(FunctionName=stage.outputs["ApiFunction"])
    ours = {
        "AWS_ENDPOINT_URL": stage.account.endpoint_url or "",
        "AWS_REGION": stage.account.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": os.environ["PATH"],
    }
    environment = function["Environment"]["Variables"] | ours
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
