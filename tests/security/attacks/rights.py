"""Who gets what: every route for every actor and object, what answers hold, and the headers they carry."""

import re
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from chalicelib.insight.schemas.progress import ProgressOut
from chalicelib.web.routes import Route
from tests.security import matrix
from tests.security.attacks.ground import Ground
from tests.security.attacks.table import Tally, Volume, attack
from tests.security.client import Answer
from tests.security.matrix import Row, Stage

ONCE = Volume(0, 1, 1)
#: From little to much; the chart names the exceptions.
LADDERS = (("anonymous", "student", "instructor", "admin"), ("anonymous", "student", "premium"))
#: Where anybody may ask about a code that nobody has.
OPEN = {"GET /api/v1/certificates/verify/{code}": {200}}
#: Whose token says nothing that could be believed.
UNREAD = frozenset({"expired", "forged"})
UNKNOWN = {"unknown": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "malformed": "a%23b", "empty of meaning": "-", "dots": ".."}
WANTED = {
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
    "content-security-policy": "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "",
    "x-request-id": "",
}
FORBIDDEN = ("password", "hash", "session_version", "gsi1", "gsi2", "lsi1", "salt", "address_digest", "object_key")


def headers_missing(answer: Answer) -> list[str]:
    held = answer.headers
    return [name for name, part in WANTED.items() if name not in held or part not in held[name]]


def undeclared_keys(declared: Route, answer: Answer) -> list[str]:
    """Keys of a good answer that its model does not have, or that no answer may have."""
    document = answer.json()
    found = []
    if declared.is_list:
        found += sorted(set(document) - {"count", "next", "previous", "results"})
    for each in document["results"] if declared.is_list else [document]:
        found += _undeclared(each, declared.gives) if declared.gives else []
        if "audit" not in declared.path and "export" not in declared.path:
            found += [key for key in each if any(word in key for word in FORBIDDEN)]
    return found


def _undeclared(value: Any, model: type[BaseModel]) -> list[str]:
    if issubclass(model, ProgressOut):
        model = ProgressOut.of_kind(value["kind"])
    named = {field.serialization_alias or name: field for name, field in model.model_fields.items()}
    found = [key for key in value if key not in named]
    for name, field in named.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and isinstance(value.get(name), dict):
            found += [f"{name}.{key}" for key in _undeclared(value[name], inner)]
    return found


@attack(
    "matrix",
    "routes x actors x objects (own, foreign, erased, unknown, malformed), against matrix.yaml",
    goal="0 mismatches, 0 leaks of B's canaries, more privilege never less",
    volume=ONCE,
)
def authorisation_matrix(ground: Ground, volume: int) -> Tally:
    tally, rows = Tally(), matrix.rows()
    for row in rows.values():
        ground.clear()
        stage = matrix.stage(ground.api)
        got = _cells(tally, stage, row)
        _law_of_privilege(tally, row, got)
        if "{" in row.route:
            ground.clear()
            stage = matrix.stage(ground.api)
            _other_objects(tally, stage, row)
    tally.notes.append(f"{len(rows)} routes, {len(matrix.actors())} actors, {len(matrix.CANARIES) + 2} canaries")
    return tally


def _cells(tally: Tally, stage: Stage, row: Row) -> dict[str, int]:
    got = {}
    for actor, answer in matrix.played(stage, row):
        got[actor] = answer.status
        tally.count(answer.status == row.expect[actor], f"{row.route} as {actor}: {answer.status}")
        tally.failures += [f"{row.route}: {leak}" for leak in matrix.leaks(stage, actor, answer)]
    return got


def _law_of_privilege(tally: Tally, row: Row, got: dict[str, int]) -> None:
    # Where the object is student A's, whoever pays is somebody else, which is no question of privilege.
    excepted = {*matrix.chart()["more_is_less"], *matrix.chart()["unlike"]}
    for ladder in LADDERS:
        falls = any(got[lower] < 400 <= got[higher] for lower, higher in pairwise(ladder))
        tally.count(not falls or row.route in excepted, f"{row.route}: more privilege is less along {ladder}")


def _other_objects(tally: Tally, stage: Stage, row: Row) -> None:
    """Whoever might touch a thing that is there is told 404 of one that is not; everybody else what they always get."""
    stage.actors["erased"] = erased = matrix.LATECOMERS["erased"]()
    objects = UNKNOWN | {"erased": erased.id}
    for what, id in objects.items():
        path = _about(row, id)
        for actor in row.expect:
            stage.counted += 1
            answer = stage.tried(row, actor, path=path)
            tally.count(
                answer.status in _refusals(row, what, actor), f"{row.route} of {what} as {actor}: {answer.status}"
            )
            tally.failures += [f"{row.route} of {what}: {leak}" for leak in matrix.leaks(stage, actor, answer)]


def _refusals(row: Row, what: str, actor: str) -> set[int]:
    """The door looks at a token's signature, then at the form of an id, and only then at who asks."""
    usual = row.expect[actor]
    if what == "malformed":
        return {401} if actor in UNREAD and usual == 401 else {404}
    return OPEN.get(row.route, {404}) if usual < 400 else {404, usual}


def _about(row: Row, id: str) -> str:
    """The row's path with this id for the first that it names; what follows it is there."""
    if "<" in row.path.partition("?")[0]:
        return re.sub("<[a-z]+>", id, row.path, count=1)
    return re.sub("{[a-z_]+}", id, row.route.partition(" ")[2], count=1)


@attack(
    "properties",
    "keys of every answer of every route and actor against the declared model",
    goal="0 undeclared keys, no word of a secret",
    volume=ONCE,
)
def response_keys(ground: Ground, volume: int) -> Tally:
    from app import app

    tally = Tally()
    declared = {f"{each.method} {each.path}": each for each in app.operations}
    for route, row in matrix.rows().items():
        if declared[route].gives is None:
            continue
        ground.clear()
        stage = matrix.stage(ground.api)
        for actor, answer in matrix.played(stage, row):
            if answer.status < 400:
                extra = undeclared_keys(declared[route], answer)
                tally.count(not extra, f"{route} as {actor}: {extra}")
    return tally


@attack(
    "headers",
    "protecting headers on every answer of every route, method and refusal",
    goal="0 missing, 0 third-party origins",
    volume=ONCE,
)
def headers_of_answers(ground: Ground, volume: int) -> Tally:
    tally, stage = Tally(), matrix.stage(ground.api)
    for row in matrix.rows().values():
        for actor in ("anonymous", "student", "admin"):
            answer = stage.tried(row, actor)
            _count_headers(tally, f"{row.route} as {actor}", answer)
            stage.actors[actor] = stage.renewed(actor)
        for method in ("OPTIONS", "HEAD", "TRACE", "PROPFIND"):
            answer = ground.api.call(method, row.path, origin="https://attacker.example")
            _count_headers(tally, f"{method} {row.path}", answer)
    return tally


def _count_headers(tally: Tally, what: str, answer: Answer) -> None:
    missing = headers_missing(answer)
    tally.count(not missing, f"{what} ({answer.status}) lacks {missing}")
    allowed = answer.headers.get("access-control-allow-origin", "")
    tally.count(allowed != "https://attacker.example", f"{what} lets {allowed} in")
