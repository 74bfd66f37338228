"""Values that are nearly right: refused by the name of their field, never a failure of ours."""

import pytest

from tests.http.api import Api


@pytest.mark.parametrize("field", ["actor", "subject"])
@pytest.mark.parametrize("value", ["", "%23", "a%23b", "a%0Ab", "%C3%A9", "a" * 81])
def test_a_person_in_a_filter_of_the_audit_log_is_an_id(api: Api, field: str, value: str) -> None:
    reply = api.get(f"/admin/audit-logs?{field}={value}", token=api.admin().access)
    assert reply.status == 422
    assert [error["field"] for error in reply.json()["errors"]] == [field]


@pytest.mark.parametrize("path", ["/admin/audit-logs", "/admin/audit-logs/verify"])
@pytest.mark.parametrize("day", ["0", "1795000000", "0001-01-01", "2026-01-31T00:00:00Z", "20260131", "2026-02-30"])
def test_a_day_is_written_as_iso_8601_has_it(api: Api, path: str, day: str) -> None:
    reply = api.get(f"{path}?day={day}", token=api.admin().access)
    assert reply.status == 422
    assert [error["field"] for error in reply.json()["errors"]] == ["day"]


@pytest.mark.parametrize("day", ["2000-01-01", "2999-12-31"])
def test_a_day_without_entries_has_an_empty_log(api: Api, day: str) -> None:
    boss = api.admin()
    assert api.get(f"/admin/audit-logs?day={day}", token=boss.access).json()["results"] == []
    assert api.get(f"/admin/audit-logs/verify?day={day}", token=boss.access).json()["entries"] == 0


@pytest.mark.parametrize("value", [0, 1, "yes", "true"])
def test_yes_and_no_are_words_of_json(api: Api, value: object) -> None:
    token = api.register().access
    assert api.patch("/users/profile", {"listed": value}, token=token).status == 422
    assert api.put("/users/me/mail-preferences", {"news": value}, token=token).status == 422


def test_blanks_are_no_body(api: Api) -> None:
    reply = api.patch("/users/profile", b" \n", token=api.register().access)
    assert (reply.status, reply.json()["code"]) == (400, "body_unreadable")
