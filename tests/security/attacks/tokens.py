"""Tokens and cursors, damaged and invented: none is anybody's, none opens anything."""

import base64
import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from chalicelib.accounts import mail_tokens, refresh_tokens
from chalicelib.clock import now
from chalicelib.table import pages
from chalicelib.table.pages import Scope
from chalicelib.web import identity
from tests.security import crew, forgery
from tests.security.attacks.ground import Ground
from tests.security.attacks.mutation import mutations, require_refused
from tests.security.attacks.table import Tally, Volume, attack
from tests.security.client import Api

#: One of so many goes through the whole gateway, the others to the rule that decides.
THROUGH_THE_DOOR = 20
DOORS = (("GET", "/api/v1/auth/me"), ("PATCH", "/api/v1/users/profile"), ("GET", "/api/v1/admin/users"))


@attack(
    "fuzz",
    "access tokens: the attack list, and mutations of a good one",
    goal="0 accepted, 0 answers 5xx",
    volume=Volume(1_000, 20_000, 200_000),
)
def access_tokens(ground: Ground, volume: int) -> Tally:
    tally, victim = Tally(), crew.join("victim", "admin")
    assert identity.caller_in(victim.access)
    forged = [token for _, token in forgery.forgeries(victim)]
    wounded = list(mutations(victim.access, volume, ground.chance("access")))
    require_refused(tally, "access token", identity.caller_in, wounded)
    for token in [*forged, *(text for text in wounded[::THROUGH_THE_DOOR] if text.isascii() and text.isprintable())]:
        for method, path in DOORS:
            answer = ground.api.call(method, path, {} if method == "PATCH" else None, token=token)
            tally.count(answer.status == 401, f"{answer.status} from {method} {path} to {token[:80]!r}")
    tally.notes.append(f"{len(forged)} attacks of the list at {len(DOORS)} doors")
    return tally


@attack(
    "fuzz",
    "refresh, mailed and unsubscribe tokens: mutations of good ones",
    goal="0 accepted, 0 answers 5xx",
    volume=Volume(400, 5_000, 50_000),
)
def other_tokens(ground: Ground, volume: int) -> Tally:
    tally, person = Tally(), crew.join("victim")
    moment = now()
    kinds: dict[str, tuple[str, Callable[[str], Any], int]] = {
        "refresh token": (person.refresh, refresh_tokens.parsed, volume),
        "unsubscribe token": (mail_tokens.unsubscribe_token(person.id, "news"), mail_tokens.unsubscribe_claim, volume),
    }
    for purpose in ("reset", "verify"):
        kinds[f"{purpose} token"] = (crew.mailed(person, purpose), partial(_redeemed, purpose, moment), volume // 5)
    for what, (good, check, times) in kinds.items():
        assert check(good), what
        require_refused(tally, what, check, mutations(good, times, ground.chance(what)))
    return tally


def _redeemed(purpose: str, moment: Any, text: str) -> Any:
    return mail_tokens.redeem(purpose, text, moment)


LISTS = (
    "/api/v1/users",
    "/api/v1/admin/users",
    "/api/v1/admin/audit-logs",
    "/api/v1/admin/reports",
    "/api/v1/media",
)


@attack(
    "fuzz",
    "cursors: flipped bits, cut, huge, swapped between people, lists and filters, invented and signed for others",
    goal="each is a 400 problem, 0 answers 5xx, 0 rows shown",
    volume=Volume(1_000, 20_000, 200_000),
)
def cursors(ground: Ground, volume: int) -> Tally:
    tally, api = Tally(), ground.api
    asha = crew.join("asha", "admin")
    crew.join("ben")
    cursor = first_cursor(api, "/api/v1/users?page_size=1", asha.access)
    scope = Scope("users", asha.id, "")
    made = pages.cursor(scope, {"a": 1}, now())
    assert pages.position(scope, made, now()) == {"a": 1}
    wounded = list(mutations(made, volume - volume // THROUGH_THE_DOOR, ground.chance("made")))
    require_refused(tally, "cursor", lambda text: pages.position(scope, text, now()), wounded)
    _swap(tally, made, volume // THROUGH_THE_DOOR, ground.chance("swaps"))
    for number, text in enumerate(
        [*_invented(cursor), *mutations(cursor, volume // THROUGH_THE_DOOR, ground.chance("sent"))]
    ):
        if text:
            answer = api.get(f"{LISTS[number % len(LISTS)]}?cursor={quote(text, safe='')}", token=asha.access)
            refused = answer.status == 400 or (answer.status == 422 and len(text) > pages.LONGEST)
            tally.count(refused and "results" not in answer.json(), f"{answer.status} to cursor {text[:80]!r}")
    return tally


def first_cursor(api: Api, path: str, token: str) -> str:
    following = api.get(path, token=token).json()["next"]
    assert following, path
    return str(following.partition("cursor=")[2])


def _swap(tally: Tally, made: str, number: int, chance: random.Random) -> None:
    """A cursor that is whole, but of another list, person or filter."""
    for _ in range(number):
        parts = [chance.choice(("users", "audit", "adminusers", "")), f"usr_{chance.randrange(10**9)}", ""]
        chance.shuffle(parts)
        require_refused(tally, "swapped cursor", partial(_position_in, Scope(*parts)), [made])


def _position_in(scope: Scope, text: str) -> Any:
    return pages.position(scope, text, now())


def _invented(cursor: str) -> list[str]:
    payload, _, signature = cursor.partition(".")
    ahead = base64.urlsafe_b64encode(json.dumps([99_999_999_999, "a"]).encode()).decode().rstrip("=")
    return [f"{ahead}.{signature}", f"{payload}.", f".{signature}", ".", "null", "0", "A" * 2048, "A" * 3000]
