"""Creating an account: what it takes, what it gives, what it refuses."""

from typing import Any

import pytest

from chalicelib.accounts.records import User
from chalicelib.table import keys, reads
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api, at_once, claims, fields, problem


def stored(user_id: str) -> User:
    user = reads.one(User, keys.user(user_id))
    assert user is not None
    return user


@pytest.mark.row("E01", "M49", "G06", "K07", "M01")
def test_registering_answers_201_with_the_place_of_the_account(api: Api) -> None:
    reply = api.post("/auth/register", registration())
    assert (reply.status, reply.header("location")) == (201, "/api/v1/users/me")


@pytest.mark.row("X05", "M51", "E05", "G24", "K26")
def test_the_answer_has_the_person_nested_and_at_top_level(api: Api) -> None:
    said = api.post("/auth/register", registration()).json()
    assert said["user"] == {name: said[name] for name in said["user"]}
    assert said["user"]["username"] == "asha"
    assert said["user"]["email"] == "asha@example.org"
    assert said["user"]["role"] == "student"


@pytest.mark.row("X05", "M51", "C02")
def test_the_answer_has_the_tokens_under_both_names(api: Api) -> None:
    said = api.post("/auth/register", registration()).json()
    assert said["access"] == said["access_token"]
    assert said["refresh"] == said["refresh_token"]
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 900)


@pytest.mark.row("X03")
def test_the_tokens_of_a_registration_work_at_once(api: Api) -> None:
    person = api.register()
    assert api.get("/auth/me", token=person.access).status == 200
    assert api.post("/auth/refresh", {"refresh": person.refresh}).status == 200


@pytest.mark.row("X06", "E12")
def test_the_password_is_stored_as_an_argon2id_hash_only(api: Api) -> None:
    person = api.register()
    assert stored(person.id).password_hash.startswith("$argon2id$")


@pytest.mark.row("X04")
def test_a_missing_username_is_derived_from_the_mail_name(api: Api) -> None:
    said = api.post("/auth/register", registration(username=None, email="Bea.Diaz@Example.org")).json()
    assert said["username"].startswith("bea.diaz-")


@pytest.mark.row("X04")
def test_two_people_with_the_same_mail_name_get_different_usernames(api: Api) -> None:
    names = {
        api.post("/auth/register", registration(username=None, email=f"kim@{host}.org")).json()["username"]
        for host in ("one", "two")
    }
    assert len(names) == 2


@pytest.mark.row("E10")
def test_a_mail_address_is_kept_in_lower_case(api: Api) -> None:
    assert api.post("/auth/register", registration(email="ASHA@Example.ORG")).json()["email"] == "asha@example.org"


def test_a_mail_address_may_have_a_plus(api: Api) -> None:
    said = api.post("/auth/register", registration(email="asha+courses@example.org")).json()
    assert said["email"] == "asha+courses@example.org"


@pytest.mark.row("E06", "C01", "X08", "M05", "K28")
@pytest.mark.parametrize(
    ("sent", "role", "kind"),
    [
        ("student", "student", "standard"),
        ("instructor", "instructor", "standard"),
        ("teacher", "instructor", "teacher"),
    ],
)
def test_a_role_is_accepted_under_each_of_its_names(api: Api, sent: str, role: str, kind: str) -> None:
    said = api.post("/auth/register", registration(role=sent)).json()
    assert (said["role"], said["roles"], said["account_kind"]) == (role, [role], kind)


@pytest.mark.row("X11")
def test_an_instructor_starts_without_the_role_of_a_student(api: Api) -> None:
    assert api.post("/auth/register", registration(role="instructor")).json()["roles"] == ["instructor"]


@pytest.mark.row("X08", "X10")
@pytest.mark.parametrize(
    ("field", "value"), [("role", "admin"), ("role", "child"), ("tier", "premium"), ("role", "owner")]
)
def test_what_nobody_gives_themselves_is_refused_by_name(api: Api, field: str, value: str) -> None:
    reply = api.post("/auth/register", registration(**{field: value}))
    assert reply.status == 422
    assert list(fields(reply)) == [field]


@pytest.mark.row("X10")
def test_a_refused_registration_leaves_no_account_behind(api: Api) -> None:
    api.post("/auth/register", registration(tier="premium"))
    assert api.post("/auth/register", registration()).status == 201


@pytest.mark.row("X09", "G06", "X10")
def test_everybody_starts_on_the_free_tier(api: Api) -> None:
    assert api.post("/auth/register", registration(tier="free")).json()["tier"] == "free"
    assert (
        api.post("/auth/register", registration(username="b-one", email="b@e.org", tier=None)).json()["tier"] == "free"
    )


@pytest.mark.row("X06", "M88", "M89", "E12")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("eleven-sign", "too_short"),
        ("x7-" * 60, "too_long"),
        ("password1234", "too_common"),
        ("asha@example.org", "too_similar"),
        ("asha-asha-rao-asha", "too_similar"),
        ("seven-lean\u0000otters", "not_text"),
        ("", "too_short"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(api: Api, password: str, code: str) -> None:
    reply = api.post("/auth/register", registration(password=password))
    assert problem(reply) == (422, "password_weak")
    assert ("password", code) in {(error["field"], error["code"]) for error in reply.json()["errors"]}


@pytest.mark.row("X06", "M88")
@pytest.mark.parametrize(
    "password", ["twelve signs", "длинный пароль для всех", "secure_password", "x" * 4 + "yz- wkq" * 17]
)
def test_a_long_unusual_password_is_accepted_whatever_it_is_made_of(api: Api, password: str) -> None:
    assert api.post("/auth/register", registration(password=password)).status == 201


@pytest.mark.row("E11")
@pytest.mark.parametrize("username", ["ab", "a" * 61, "with space", "with@sign", "with#sign", "a/b", "tab\tbed", "…"])
def test_a_username_of_another_form_is_refused(api: Api, username: str) -> None:
    reply = api.post("/auth/register", registration(username=username))
    assert reply.status == 422
    assert "username" in fields(reply)


@pytest.mark.row("E11")
@pytest.mark.parametrize("username", ["abc", "a" * 60, "ada.lovelace", "Unal_7", "a+b-c"])
def test_a_username_of_three_to_sixty_letters_is_accepted(api: Api, username: str) -> None:
    reply = api.post("/auth/register", registration(username=username))
    assert reply.status == 201


@pytest.mark.row("E10")
@pytest.mark.parametrize(
    "email",
    ["", "asha", "asha@", "@example.org", "asha@example", "a b@example.org", "asha@exa mple.org", "a..b@x.org", 7],
)
def test_something_that_is_no_mail_address_is_refused(api: Api, email: Any) -> None:
    reply = api.post("/auth/register", registration(email=email))
    assert reply.status == 422
    assert "email" in fields(reply)


@pytest.mark.row("X04")
@pytest.mark.parametrize("username", ["asha", "ASHA", "Asha"])
def test_a_taken_username_is_refused_in_any_case(api: Api, username: str) -> None:
    api.register("asha")
    reply = api.post("/auth/register", registration(username=username, email="other@example.org"))
    assert problem(reply) == (409, "name_taken")
    assert fields(reply) == {"username": "taken"}


@pytest.mark.row("E10", "X04")
@pytest.mark.parametrize("email", ["asha@example.org", "Asha@EXAMPLE.org"])
def test_a_taken_mail_address_is_refused_in_any_case(api: Api, email: str) -> None:
    api.register("asha")
    reply = api.post("/auth/register", registration(username="other", email=email))
    assert problem(reply) == (409, "address_taken")
    assert fields(reply) == {"email": "taken"}


@pytest.mark.row("X04")
def test_of_twenty_who_want_one_name_exactly_one_gets_it(api: Api) -> None:
    replies = at_once(20, lambda n: api.post("/auth/register", registration(email=f"asha{n}@example.org")))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19


def test_an_unknown_field_is_refused_by_name(api: Api) -> None:
    reply = api.post("/auth/register", registration(is_staff=True))
    assert (reply.status, fields(reply)) == (422, {"is_staff": "unknown_field"})


@pytest.mark.row("X29")
def test_every_wrong_field_is_named_in_one_answer(api: Api) -> None:
    reply = api.post("/auth/register", {"username": "x", "email": "no", "role": "king", "extra": 1})
    assert problem(reply) == (422, "fields_invalid")
    assert fields(reply) == {
        "username": "too_short",
        "email": "value_error",
        "password": "required",
        "role": "literal_error",
        "extra": "unknown_field",
    }


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_a_body_that_is_no_object_is_refused(api: Api, body: Any) -> None:
    reply = api.post("/auth/register", b"null" if body is None else body)
    assert reply.status == 422


def test_a_line_break_in_a_name_is_refused(api: Api) -> None:
    reply = api.post("/auth/register", registration(first_name="Asha\r\nBcc: all@example.org"))
    assert (reply.status, list(fields(reply))) == (422, ["first_name"])


@pytest.mark.row("E58", "X36", "M82")
def test_an_access_token_lives_fifteen_minutes(api: Api) -> None:
    said = claims(api.register().access)
    assert said["exp"] - said["iat"] == 15 * 60


@pytest.mark.row("X39")
def test_an_unverified_person_signs_in_and_reads_their_profile(api: Api) -> None:
    person = api.register()
    said = api.get("/users/profile", token=api.login(person.username).access).json()
    assert said["is_verified"] is False


def test_the_limit_of_registrations_per_address_is_exact(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.settings import HOUR, Quota, settings

    monkeypatch.setitem(settings.quotas, "register", Quota(10, HOUR))
    replies = at_once(
        20, lambda n: api.post("/auth/register", registration(username=f"name-{n}", email=f"n{n}@example.org"))
    )
    assert sorted(reply.status for reply in replies) == [201] * 10 + [429] * 10
    assert PASSWORD.encode() not in b"".join(reply.body for reply in replies)
