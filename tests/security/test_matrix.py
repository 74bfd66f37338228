"""Every route, every actor: the chart in matrix.yaml is whole, holds, and nobody reads what is somebody else's."""

import re
from itertools import pairwise

import pytest

from tests.security import matrix
from tests.security.client import Api, require_problem
from tests.security.matrix import CANARIES, Row

ROWS = matrix.rows()


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    from app import app

    routes = {f"{route.method} {route.path}" for route in app.operations}
    assert routes - set(ROWS) == set(), "routes that matrix.yaml does not name"
    assert set(ROWS) - routes == set(), "rows whose route is gone"


def test_a_row_says_what_happens_to_every_actor() -> None:
    for row in ROWS.values():
        assert list(row.expect) == matrix.actors()
    assert len(matrix.actors()) >= 9


def test_more_privilege_never_turns_success_into_refusal() -> None:
    excepted = matrix.chart()["more_is_less"]
    assert set(excepted) <= set(ROWS)
    for route, row in ROWS.items():
        ladder = [row.expect[actor] for actor in ("anonymous", "student", "instructor", "admin")]
        falls = any(lower < 400 <= higher for lower, higher in pairwise(ladder))
        assert falls == (route in excepted), route


@pytest.mark.row("X03", "K09", "G45", "K56", "C44", "M119")
@pytest.mark.parametrize("route", ROWS)
def test_each_actor_gets_what_the_chart_says_and_nothing_of_b(api: Api, route: str) -> None:
    stage, row = matrix.stage(api), ROWS[route]
    got, leaks = {}, []
    for actor, answer in matrix.played(stage, row):
        got[actor] = answer.status
        if answer.status >= 400:
            require_problem(answer, answer.status)
        leaks += matrix.leaks(stage, actor, answer)
    assert got == row.expect
    assert not leaks


def test_the_canaries_are_really_planted(api: Api) -> None:
    stage = matrix.stage(api)
    own = api.get("/api/v1/users/me/export", token=stage.actors["other"].access).everything()
    assert [name for name, value in CANARIES.items() if value not in own] == []


def like(row: Row, alias: str) -> str:
    """The alias about the same things as the row's path, in the same order."""
    path, _, query = row.path.partition("?")
    named = zip(row.route.partition(" ")[2].split("/"), path.split("/"), strict=True)
    values = iter([value for name, value in named if name.startswith("{")])
    filled = re.sub("{[a-z_]+}", lambda found: next(values, found[0]), alias)
    return f"{filled}?{query}" if query else filled


def test_aliases_and_head_admit_nobody_that_the_canonical_path_refuses(api: Api) -> None:
    from app import app

    stage = matrix.stage(api)
    wrong = []
    for method, path, route in app.alias_rows:
        row = ROWS[f"{route.method} {route.path}"]
        for actor in ("anonymous", "banned", "expired", "revoked", "student"):
            if actor == "student" and path.endswith("change-password"):
                continue  # It works once: the next one's password is no longer the chart's.
            answer = stage.tried(row, actor, path=like(row, path))
            if answer.status != row.expect[actor]:
                wrong.append(f"{method} {path} as {actor}: {answer.status}")
    for row in ROWS.values():
        if row.method == "GET":
            for actor in ("anonymous", "student", "banned", "revoked"):
                answer = stage.tried(row, actor, method="HEAD")
                if answer.status != row.expect[actor] or answer.body:
                    wrong.append(f"HEAD {row.path} as {actor}: {answer.status}")
    assert wrong == []
