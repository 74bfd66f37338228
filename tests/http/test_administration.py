"""What administrators do with accounts, and that it counts from the next request on."""

import pytest

from tests.factories import people
from tests.factories.people import PASSWORD
from tests.http.api import Api, at_once, claims, fields, problem


@pytest.mark.row("E06", "E07")
@pytest.mark.parametrize("roles", [("student",), ("instructor",), ("student", "instructor")])
def test_nobody_but_an_administrator_gets_in(api: Api, roles: tuple[str, ...]) -> None:
    someone = api.member("someone", roles=roles)
    assert problem(api.get("/admin/users", token=someone.access)) == (403, "role_missing")


@pytest.mark.row("E07")
def test_an_administrator_searches_by_the_beginning_of_a_name(api: Api) -> None:
    for name in ("anna", "anne", "bob-one"):
        people.enlisted(name)
    found = api.get("/admin/users?q=ann", token=api.admin().access).json()["results"]
    assert [each["username"] for each in found] == ["anna", "anne"]


@pytest.mark.row("X40")
def test_an_administrator_sees_more_and_also_the_hidden(api: Api) -> None:
    people.enlisted("hidden", listed=False, email="h@example.org")
    found = api.get("/admin/users?q=hid", token=api.admin().access).json()["results"]
    assert (found[0]["email"], found[0]["is_banned"], found[0]["listed"]) == ("h@example.org", False, False)


def test_an_administrator_finds_somebody_by_the_whole_address(api: Api) -> None:
    people.enlisted("anna", email="anna@example.org")
    found = api.get("/admin/users?q=Anna@Example.org", token=api.admin().access).json()["results"]
    assert [each["username"] for each in found] == ["anna"]


def test_no_answer_shows_a_hash(api: Api) -> None:
    admin = api.admin()
    assert b"argon2" not in api.get("/admin/users", token=admin.access).body


def test_a_search_by_role_fills_its_pages_and_never_overfills_them(api: Api) -> None:
    for n in range(30):
        people.enlisted(f"name{n:02d}", roles=("student",) if n % 10 == 0 else ("instructor",))
    admin, found, target = api.admin(), [], "/admin/users?role=instructor&page_size=10"
    while target:
        said = api.get(target, token=admin.access).json()
        assert len(said["results"]) <= 10
        found += [each["username"] for each in said["results"]]
        target = (said["next"] or "").removeprefix("http://localhost:8000")
    assert found == [f"name{n:02d}" for n in range(30) if n % 10]


@pytest.mark.parametrize("query", ["role=king", "tier=gold", "unknown=1", "role=admin&role=admin"])
def test_a_filter_that_does_not_exist_is_refused(api: Api, query: str) -> None:
    assert api.get(f"/admin/users?{query}", token=api.admin().access).status == 422


@pytest.mark.row("X10", "X09")
def test_a_tier_counts_from_the_next_request_on(api: Api) -> None:
    person = api.register()
    reply = api.patch(f"/admin/users/{person.id}", {"tier": "premium"}, token=api.admin().access)
    assert (reply.status, reply.json()["tier"]) == (200, "premium")
    assert api.get("/auth/me", token=person.access).json()["tier"] == "premium"
    renewed = api.post("/auth/refresh", {"refresh": person.refresh}).json()
    assert claims(renewed["access"])["tier"] == "premium"


@pytest.mark.row("E06")
def test_roles_are_set_as_a_whole(api: Api) -> None:
    person = api.register()
    body = {"roles": ["instructor", "student", "instructor"]}
    reply = api.patch(f"/admin/users/{person.id}", body, token=api.admin().access)
    assert reply.json()["roles"] == ["student", "instructor"]


def test_a_new_administrator_may_act_with_the_token_they_have(api: Api) -> None:
    person = api.register()
    api.patch(f"/admin/users/{person.id}", {"role": "admin"}, token=api.admin().access)
    assert api.get("/admin/users", token=person.access).status == 200


def test_a_former_administrator_may_not_act_with_the_token_they_have(api: Api) -> None:
    admin, other = api.admin(), api.admin("second-admin")
    api.patch(f"/admin/users/{other.id}", {"roles": ["student"]}, token=admin.access)
    assert problem(api.get("/admin/users", token=other.access)) == (403, "role_missing")


def test_an_administrator_does_not_take_their_own_role(api: Api) -> None:
    admin = api.admin()
    reply = api.patch(f"/admin/users/{admin.id}", {"roles": ["student"]}, token=admin.access)
    assert problem(reply) == (409, "last_stand")
    assert api.get("/admin/users", token=admin.access).status == 200


def test_an_administrator_does_not_suspend_themselves(api: Api) -> None:
    admin = api.admin()
    assert problem(api.post(f"/admin/users/{admin.id}/ban", {}, token=admin.access)) == (409, "last_stand")


def test_two_administrators_who_depose_each_other_leave_one(api: Api) -> None:
    admins = [api.admin("admin-one"), api.admin("admin-two")]
    at_once(
        2,
        lambda n: api.patch(f"/admin/users/{admins[1 - n].id}", {"roles": ["student"]}, token=admins[n].access),
    )
    assert 200 in {api.get("/admin/users", token=admin.access).status for admin in admins}


@pytest.mark.parametrize("body", [{"tier": "gold"}, {"roles": ["king"]}, {"email": "x@example.org"}, {"banned": True}])
def test_an_administrator_changes_roles_and_tier_only(api: Api, body: dict[str, object]) -> None:
    person = api.register()
    reply = api.patch(f"/admin/users/{person.id}", body, token=api.admin().access)
    assert reply.status == 422
    assert fields(reply)


def test_a_ban_kills_every_token_at_once(api: Api) -> None:
    person, admin = api.register(), api.admin()
    reply = api.post(f"/admin/users/{person.id}/ban", {"reason": "spam"}, token=admin.access)
    assert (reply.status, reply.json()["is_banned"]) == (200, True)
    assert problem(api.get("/auth/me", token=person.access)) == (403, "account_banned")
    assert api.patch("/users/profile", {"bio": "x"}, token=person.access).status == 403
    assert api.post("/auth/refresh", {"refresh": person.refresh}).status in (401, 403)
    assert api.post("/auth/verify", {"token": person.access}).status in (401, 403)


def test_a_banned_person_does_not_sign_in_and_is_told_why_only_with_the_right_password(api: Api) -> None:
    person, admin = api.register(), api.admin()
    api.post(f"/admin/users/{person.id}/ban", {}, token=admin.access)
    right = api.post("/auth/login", {"username": "asha", "password": PASSWORD})
    wrong = api.post("/auth/login", {"username": "asha", "password": "wrong-wrong-wrong"})
    assert (problem(right), problem(wrong)) == ((403, "account_banned"), (401, "credentials_wrong"))


def test_after_a_ban_is_lifted_one_signs_in_anew(api: Api) -> None:
    person, admin = api.register(), api.admin()
    api.post(f"/admin/users/{person.id}/ban", {}, token=admin.access)
    assert api.delete(f"/admin/users/{person.id}/ban", token=admin.access).json()["is_banned"] is False
    assert api.get("/auth/me", token=person.access).status == 401
    assert api.get("/auth/me", token=api.login("asha").access).status == 200


def test_banning_and_lifting_twice_is_no_error(api: Api) -> None:
    person, admin = api.register(), api.admin()
    path = f"/admin/users/{person.id}/ban"
    statuses = [
        api.call(method, path, {} if method == "POST" else None, token=admin.access).status
        for method in ("POST", "POST", "DELETE", "DELETE")
    ]
    assert statuses == [200] * 4


def test_eight_administrators_ban_at_once(api: Api) -> None:
    person, admin = api.register(), api.admin()
    replies = at_once(8, lambda _: api.post(f"/admin/users/{person.id}/ban", {}, token=admin.access))
    assert [reply.status for reply in replies] == [200] * 8


@pytest.mark.parametrize("id", ["usr_x", "..", "%23", "USER", "x" * 200, "%2e%2e", "a%20b", "%C3%A9", "%00"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_id_of_nobody_is_404(api: Api, method: str, id: str) -> None:
    body = {"tier": "free"} if method == "PATCH" else None
    assert api.call(method, f"/admin/users/{id}", body, token=api.admin().access).status == 404
