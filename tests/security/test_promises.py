"""Small things that the checklist of ASVS asks for and that nothing else shows."""

import json
import re
from datetime import timedelta

import pytest
import time_machine

from chalicelib import clock
from tests.security import crew
from tests.security.client import Api


def lines(text: str) -> list[dict[str, object]]:
    """The log as a program reads it: one JSON object a line, and nothing else."""
    return [json.loads(line) for line in text.splitlines() if line]


def test_a_new_password_is_typed_into_a_masked_field_that_takes_paste(api: Api) -> None:
    page = api.get(f"/api/v1/auth/password/reset?token={crew.mailed(crew.join('asha'), 'reset')}").body
    fields = re.findall(r"<input[^>]*name=\"?(?:new_)?password\"?[^>]*>", page)
    assert fields
    assert all('type="password"' in field and 'autocomplete="new-password"' in field for field in fields)
    assert "onpaste" not in page.lower()
    assert "maxlength" not in "".join(fields)


def test_a_password_is_good_for_years(api: Api) -> None:
    crew.join("asha")
    with time_machine.travel(clock.now() + timedelta(days=1500)):
        answer = api.post("/api/v1/auth/login", {"username": "asha", "password": crew.PASSWORD})
    assert answer.status == 200


def test_a_line_of_the_log_has_its_moment_in_utc(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.get("/api/health")
    assert [line for line in lines(capsys.readouterr().out) if not str(line["timestamp"]).endswith("+00:00")] == []


def test_a_refusal_leaves_a_line_with_its_status_and_whom_it_met(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    student = crew.join("asha")
    api.post("/api/v1/auth/login", {"username": "asha", "password": "wrong-quiet-herons"})
    api.get("/api/v1/admin/users", token=student.access)
    told = [line["extra"] for line in lines(capsys.readouterr().out) if line["logger"] == "app.access"]
    met = [(each["route"], each["status"], each["user_id"]) for each in told if isinstance(each, dict)]
    assert met == [("/api/v1/auth/login", 401, None), ("/api/v1/admin/users", 403, student.id)]


def test_nobody_writes_a_line_of_their_own_into_the_log(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    forged = '{"logger": "app.access", "message": "forged"}'
    api.get(f"/api/v1/%0a{forged}", **{"user-agent": f"x\r\n{forged}"})
    api.post("/api/v1/auth/login", raw=f"\n{forged}\n".encode())
    api.post("/api/v1/auth/login", {"username": f"a\n{forged}", "password": f"b\r\n{forged}"})
    assert [line for line in lines(capsys.readouterr().out) if line["message"] == "forged"] == []
