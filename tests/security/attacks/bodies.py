"""Bodies: invented ones for every model, fields that are nobody's to set, and more than is taken."""

import json
import random
from collections.abc import Iterator
from typing import Any

from chalicelib.errors import ProductError
from chalicelib.web import reading
from chalicelib.web.reading import In
from tests.security import matrix
from tests.security.attacks.ground import Ground
from tests.security.attacks.table import Tally, Volume, attack
from tests.security.client import PROBLEM_KEYS, Answer

PROTECTED: dict[str, Any] = {
    "id": "usr_other",
    "ver": 99,
    "roles": ["admin"],
    "role": "admin",
    "tier": "premium",
    "password_hash": "x",
    "is_verified": True,
    "verified_at": "2026-01-01T00:00:00Z",
    "banned_at": None,
    "is_banned": False,
    "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z",
    "account_kind": "teacher",
    "erasure_due": None,
    "erased_at": None,
    "listed": False,
    "pk": "USER#x",
    "sk": "USER",
    "kind": "standing",
    "ttl": 1,
    "gsi1pk": "x",
    "session_version": 1,
    "revoked": {},
    "user_id": "usr_x",
    "sid": "x",
    "is_admin": True,
    "is_staff": True,
    "is_superuser": True,
    "permissions": ["*"],
    "refused_mail": [],
    "instructor_id": "usr_x",
    "owner": "usr_x",
    "rating": 5,
    "students": 1000,
    "lesson_count": 0,
    "curriculum_ver": 1,
    "published_at": "2020-01-01T00:00:00Z",
    "deleted_at": None,
    "student": "usr_x",
    "via": "paid",
    "done": "AQ==",
    "completion_percentage": 100,
    "total_lessons": 1,
    "completed_at": "2020-01-01T00:00:00Z",
    "enrolled_at": "2020-01-01T00:00:00Z",
    "unlocked": True,
    "access_until": "2099-01-01T00:00:00Z",
    "holder": "Somebody else",
    "printed": True,
    "object_key": "u/usr_x/one",
    "state": "ready",
    "number": 7,
    "last_entry": 7,
    "active_at": "2020-01-01T00:00:00Z",
    "planned_seconds": 1,
    "source": "lesson",
    "__class__": "x",
}
#: What a route takes by that name because it is its business; registration refuses the values itself.
TAKEN = {
    "POST /api/v1/coupons": {"instructor_id"},
    "PATCH /api/v1/coupons/{code}": {"instructor_id"},
    "PUT /api/v1/users/profile": {"listed"},
    "PATCH /api/v1/users/profile": {"listed"},
    "PATCH /api/v1/admin/users/{user_id}": {"role", "roles", "tier"},
    "PUT /api/v1/enrollments/{enrollment_id}/override": {"unlocked", "access_until"},
    "POST /api/v1/mail/unsubscribe": set(PROTECTED),
}
#: Names that a body of some route or other has.
FIELDS = (
    "role", "tier", "listed", "time_zone", "cursor", "roles", "transport", "language", "title", "content", "price",
    "position", "order", "status", "is_published", "prerequisites", "release", "minutes", "seconds", "lessons",
    "category", "deadline", "is_complete", "target_hours", "logged_hours", "logged_on",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 1.5, 10**15, 1e308, "", " ", "x", "\x00", "\ud800", "é", "漢字", "a" * 5_000,
    [], {}, [None], [["a"]], {"a": {}}, {"$ne": 1}, "../../etc/passwd", "' OR 1=1 --", "{{7*7}}", "<script>", "=1+1",
    "a\r\nb: c",
    "2026-02-30", "https://127.0.0.1/", "admin", ["admin"], "usr_x#STANDING", "__proto__",
)  # fmt: skip


def writes() -> dict[str, matrix.Row]:
    return {route: row for route, row in matrix.rows().items() if row.method != "GET" and row.body is not None}


def models(kind: type[In] = In) -> Iterator[type[In]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("chalicelib."):
            yield child
            yield from models(child)


@attack(
    "fuzz",
    "models: invented documents for every In model, of its own field names, strange ones and strange values",
    goal="read, or refused by the names of fields; never another exception",
    volume=Volume(40, 200, 2_000),
)
def in_models(ground: Ground, volume: int) -> Tally:
    tally, chance = Tally(), ground.chance("models")
    found = list(models())
    for model in found:
        for _ in range(volume):
            document = _document(list(model.model_fields), chance)
            try:
                reading.model_of(model, document)
            except ProductError as error:
                tally.count(
                    all(each.field for each in error.errors), f"{model.__name__} names no field: {document!r:.200}"
                )
            except Exception as error:  # noqa: BLE001 -- any other exception is the finding
                tally.count(False, f"{model.__name__}: {error!r:.100}: {document!r:.200}")
            else:
                tally.count(True, "")
    tally.notes.append(f"{len(found)} models")
    return tally


def _document(fields: list[str], chance: random.Random) -> Any:
    if chance.random() < 0.1:
        return chance.choice(VALUES)
    names = [*fields, *chance.sample(sorted(PROTECTED), 2)]
    return {name: chance.choice(VALUES) for name in names if chance.random() < 0.6}


@attack(
    "fuzz",
    "bodies over HTTP: each writing route with invented documents and good ones with one wrong field",
    goal="0 answers 5xx, each refusal a whole problem",
    volume=Volume(0, 200, 2_000),
)
def writing_bodies(ground: Ground, volume: int) -> Tally:
    tally = Tally()
    for row in writes().values():
        ground.clear()
        stage, chance = matrix.stage(ground.api), ground.chance(row.route)
        actor = row.user
        path, good = stage.request(row, actor)
        for _ in range(volume):
            body = _document(sorted(good), chance)
            if isinstance(body, dict) and chance.random() < 0.5 and good:
                body = {**good, chance.choice(sorted(good)): chance.choice(VALUES)}
            answer = ground.api.call(row.method, path, raw=json.dumps(body).encode(), token=stage.token(actor))
            tally.count(decent(answer), f"{answer.status} from {row.route} to {body!r:.200}: {answer.body[:100]}")
            if answer.status in (200, 202) or answer.status == 401:
                stage.actors[actor] = stage.renewed(actor)
    return tally


def decent(answer: Answer) -> bool:
    """No failure of ours, and a whole problem where it is a refusal."""
    if answer.status < 400:
        return True
    kind = answer.headers.get("content-type")
    whole = kind == "application/problem+json" and set(answer.json()) == PROBLEM_KEYS
    return answer.status < 500 and whole


@attack(
    "properties",
    "each writing route x each field that is not the caller's to set",
    goal="0 accepted; each refused by its name",
    volume=Volume(0, 1, 1),
)
def protected_fields(ground: Ground, volume: int) -> Tally:
    tally = Tally()
    for route, row in writes().items():
        ground.clear()
        stage = matrix.stage(ground.api)
        path, good = stage.request(row, row.user)
        token = stage.token(row.user)
        for name, value in PROTECTED.items():
            if name not in TAKEN.get(route, ()):
                answer = ground.api.call(row.method, path, {**good, name: value}, token=token)
                tally.count(refused_by_name(answer, name), f"{answer.status} from {route} to {name}")
    return tally


def refused_by_name(answer: Answer, name: str) -> bool:
    return answer.status == 422 and name in [error["field"] for error in answer.json()["errors"]]


@attack(
    "limits",
    "each writing route with more than it takes as JSON, as blanks and as a form; bad queries",
    goal="413, 415, 422 or 4xx before; 0 answers 5xx",
    volume=Volume(0, 1, 1),
)
def over_the_limit(ground: Ground, volume: int) -> Tally:
    from app import app

    tally, stage = Tally(), matrix.stage(ground.api)
    limits = {f"{each.method} {each.path}": each.body_bytes for each in app.operations}
    form = "application/x-www-form-urlencoded"
    for row in matrix.rows().values():
        path, _ = stage.request(row, row.user)
        token = stage.token(row.user)
        if row.method != "GET":
            huge = "a" * (limits[row.route] + 1)
            for raw, kind in ((json.dumps({"email": huge}), ""), (huge.replace("a", " "), ""), (f"token={huge}", form)):
                sent = {"content_type": kind} if kind else {}
                answer = ground.api.call(row.method, path, raw=raw.encode(), token=token, **sent)
                tally.count(answer.status in (413, 415) and decent(answer), f"{answer.status} from {row.route}")
            continue
        for query in (
            "page_size=0",
            "page_size=-1",
            "page_size=1e9",
            f"q={'a' * 300}",
            "x=1",
            "page_size=1&page_size=2",
        ):
            answer = ground.api.get(f"{path}{'&' if '?' in path else '?'}{query}", token=token)
            tally.count(400 <= answer.status < 500 and decent(answer), f"{answer.status} from {row.route}?{query}")
    return tally
