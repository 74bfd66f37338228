"""Reading and changing one's own profile, and being sure that nobody changed it meanwhile."""

from typing import Any

import pytest

from tests.http.api import Api, at_once, fields, problem

PATHS = ["/users/profile", "/api/users/profile"]


@pytest.mark.row("M78", "X41", "X40", "K11", "M33")
@pytest.mark.parametrize("path", ["/users/profile", "/users/me", "/auth/me"])
def test_the_profile_is_the_same_under_each_name(api: Api, path: str) -> None:
    person = api.register()
    assert api.get(path, token=person.access).json() == api.get("/users/profile", token=person.access).json()


@pytest.mark.row("M79", "K12", "M04", "X22")
@pytest.mark.parametrize("path", PATHS)
def test_put_replaces_the_profile_and_empties_what_is_left_out(api: Api, path: str) -> None:
    person = api.register()
    api.patch("/users/profile", {"bio": "I fly kites.", "language": "hi"}, token=person.access)
    said = api.put(path, {"first_name": "Usha"}, token=person.access).json()
    assert (said["first_name"], said["last_name"], said["bio"], said["language"]) == ("Usha", "", "", "hi")


@pytest.mark.row("M79", "X22")
def test_patch_changes_only_what_is_sent(api: Api) -> None:
    person = api.register()
    said = api.patch("/users/profile", {"headline": "Learner"}, token=person.access).json()
    assert (said["headline"], said["first_name"]) == ("Learner", "Asha")


@pytest.mark.row("M79")
def test_what_was_written_is_read_at_once(api: Api) -> None:
    person = api.register()
    written = api.patch("/users/profile", {"bio": "two\nlines"}, token=person.access)
    read = api.get("/users/profile", token=person.access)
    assert (read.json(), read.header("etag")) == (written.json(), written.header("etag"))


def test_null_clears_an_address(api: Api) -> None:
    person = api.register()
    api.patch("/users/profile", {"website": "https://example.org/asha"}, token=person.access)
    assert api.patch("/users/profile", {"website": None}, token=person.access).json()["website"] is None


def test_a_change_that_changes_nothing_keeps_the_version(api: Api) -> None:
    person = api.register()
    before = api.get("/users/profile", token=person.access)
    after = api.patch("/users/profile", {"first_name": "Asha"}, token=person.access)
    assert (after.status, after.header("etag")) == (200, before.header("etag"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "x" * 81),
        ("first_name", "two\nlines"),
        ("first_name", "bell\x07"),
        ("headline", "x" * 121),
        ("bio", "x" * 2001),
        ("website", "http://example.org"),
        ("website", "https://169.254.169.254/latest"),
        ("website", "https://user@example.org/"),
        ("website", "https://localhost/"),
        ("website", "javascript:alert(1)"),
        ("avatar_url", "https://example.org/me.png"),
        ("language", "english"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("listed", "perhaps"),
        ("username", "other"),
        ("email", "other@example.org"),
        ("role", "admin"),
        ("roles", ["admin"]),
        ("tier", "premium"),
        ("password_hash", "x"),
        ("id", "usr_x"),
        ("ver", 7),
        ("is_verified", True),
    ],
)
def test_what_a_profile_cannot_hold_is_refused_by_name(api: Api, field: str, value: Any) -> None:
    person = api.register()
    for method in ("PUT", "PATCH"):
        reply = api.call(method, "/users/profile", {field: value}, token=person.access)
        assert (reply.status, list(fields(reply))) == (422, [field])


def test_a_change_made_on_what_was_read_is_accepted(api: Api) -> None:
    person = api.register()
    tag = api.get("/users/profile", token=person.access).header("etag") or ""
    assert api.patch("/users/profile", {"bio": "x"}, token=person.access, if_match=tag).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_made_on_an_older_version_is_412(api: Api, method: str) -> None:
    person = api.register()
    tag = api.get("/users/profile", token=person.access).header("etag") or ""
    api.patch("/users/profile", {"bio": "first"}, token=person.access)
    reply = api.call(method, "/users/profile", {"bio": "second"}, token=person.access, if_match=tag)
    assert problem(reply) == (412, "profile_changed")
    assert api.get("/users/profile", token=person.access).json()["bio"] == "first"


@pytest.mark.parametrize("tag", ['"rubbish"', "", '"-1.x"', '"٣.x"', '"' + "9" * 400 + '"', 'W/"1.x"'])
def test_a_version_that_is_not_ours_matches_nothing(api: Api, tag: str) -> None:
    person = api.register()
    assert api.patch("/users/profile", {"bio": "x"}, token=person.access, if_match=tag).status == 412


def test_any_version_matches_a_star(api: Api) -> None:
    person = api.register()
    assert api.patch("/users/profile", {"bio": "x"}, token=person.access, if_match="*").status == 200


def test_of_eight_who_change_the_same_version_at_once_exactly_one_succeeds(api: Api) -> None:
    person = api.register()
    tag = api.get("/users/profile", token=person.access).header("etag") or ""
    replies = at_once(8, lambda n: api.patch("/users/profile", {"bio": str(n)}, token=person.access, if_match=tag))
    assert sorted(reply.status for reply in replies) == [200] + [412] * 7


def test_changes_at_once_without_a_version_all_succeed(api: Api) -> None:
    person = api.register()
    fields = ["first_name", "last_name", "headline", "bio"]
    replies = at_once(4, lambda n: api.patch("/users/profile", {fields[n]: "new"}, token=person.access))
    assert [reply.status for reply in replies] == [200] * 4
    said = api.get("/users/profile", token=person.access).json()
    assert [said[field] for field in fields] == ["new"] * 4


def test_an_unchanged_profile_is_304(api: Api) -> None:
    person = api.register()
    tag = api.get("/users/profile", token=person.access).header("etag") or ""
    reply = api.get("/users/profile", token=person.access, if_none_match=tag)
    assert (reply.status, reply.body, reply.header("etag")) == (304, b"", tag)


@pytest.mark.parametrize("pattern", ["W/{}", '"other", {}', "*"])
def test_each_way_to_name_the_known_version_is_understood(api: Api, pattern: str) -> None:
    person = api.register()
    tag = api.get("/users/profile", token=person.access).header("etag") or ""
    assert api.get("/users/profile", token=person.access, if_none_match=pattern.format(tag)).status == 304


def test_a_changed_profile_is_sent_in_full(api: Api) -> None:
    person = api.register()
    tag = api.get("/users/profile", token=person.access).header("etag") or ""
    api.patch("/users/profile", {"bio": "x"}, token=person.access)
    assert api.get("/users/profile", token=person.access, if_none_match=tag).status == 200


def test_private_answers_are_kept_by_the_client_only_and_asked_for_again(api: Api) -> None:
    person = api.register()
    assert api.get("/users/profile", token=person.access).header("cache-control") == "private, no-cache"


@pytest.mark.row("X11", "E06")
def test_an_instructor_takes_the_role_of_a_student_with_one_call(api: Api) -> None:
    person = api.register(role="instructor")
    reply = api.post("/users/me/roles", {"role": "student"}, token=person.access)
    assert (reply.status, reply.json()["roles"]) == (200, ["student", "instructor"])


@pytest.mark.row("X11")
def test_taking_a_role_twice_is_no_error(api: Api) -> None:
    person = api.register()
    replies = [api.post("/users/me/roles", {"role": "instructor"}, token=person.access) for _ in range(2)]
    assert [(reply.status, reply.json()["roles"]) for reply in replies] == [(200, ["student", "instructor"])] * 2


@pytest.mark.row("X08")
def test_nobody_takes_the_role_of_an_administrator(api: Api) -> None:
    reply = api.post("/users/me/roles", {"role": "admin"}, token=api.register().access)
    assert (reply.status, list(fields(reply))) == (422, ["role"])


def test_mail_is_wanted_until_somebody_says_otherwise(api: Api) -> None:
    person = api.register()
    said = api.get("/users/me/mail-preferences", token=person.access).json()
    assert said == {"tips": True, "reminders": True, "digests": True, "milestones": True, "news": True}


def test_refused_mail_stays_refused(api: Api) -> None:
    person = api.register()
    api.put("/users/me/mail-preferences", {"news": False, "tips": False}, token=person.access)
    said = api.get("/users/me/mail-preferences", token=person.access).json()
    assert said == {"tips": False, "reminders": True, "digests": True, "milestones": True, "news": False}


def test_mail_about_the_account_cannot_be_refused(api: Api) -> None:
    reply = api.put("/users/me/mail-preferences", {"account": False}, token=api.register().access)
    assert (reply.status, list(fields(reply))) == (422, ["account"])
