"""Mail that leads back to the API: verification, forgotten passwords, unsubscribing."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine

from chalicelib import clock
from chalicelib.accounts import mail_tokens
from chalicelib.accounts.records import User
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from tests.conftest import House
from tests.factories.people import PASSWORD
from tests.http.api import Api, Person, at_once, problem

NEW = "nine-quiet-herons"


def mailed(clean: House, path: str) -> list[str]:
    """The tokens behind the links to this path in all mails, newest first."""
    clean.driver.settle()
    links = [re.findall(rf"{re.escape(path)}\?token=([^\s\"<&]+)", mail.text) for mail in clean.mails()]
    return [unquote(token) for found in links for token in found[:1]]


def verification(clean: House) -> str:
    return mailed(clean, "/auth/email/verify")[0]


def reset_token(api: Api, clean: House, person: Person) -> str:
    assert api.post("/auth/password/forgot", {"email": person.email}).status == 202
    return mailed(clean, "/auth/password/reset")[0]


@pytest.mark.row("X39", "M02")
def test_a_registration_sends_one_mail_that_verifies_the_address(api: Api, clean: House) -> None:
    person = api.register()
    token = verification(clean)
    assert api.post("/auth/email/verify", {"token": token}).json()["is_verified"] is True
    assert api.get("/auth/me", token=person.access).json()["is_verified"] is True


def test_the_welcome_leads_to_where_people_find_the_web_client(api: Api, clean: House) -> None:
    api.register()
    assert api.post("/auth/email/verify", {"token": verification(clean)}).status == 200
    clean.driver.settle()
    [welcome] = [mail for mail in clean.mails() if mail.subject == "Welcome to LearnFlow"]
    assert f"\n{settings.web_url}\n" in welcome.text
    assert f"\n{settings.public_url}\n" not in welcome.text


@pytest.mark.row("X39")
def test_a_link_works_once_however_many_click_it_together(api: Api, clean: House) -> None:
    api.register()
    token = verification(clean)
    replies = at_once(10, lambda _: api.post("/auth/email/verify", {"token": token}))
    assert sorted(reply.status for reply in replies) == [200] + [422] * 9


def test_opening_the_link_changes_nothing_and_shows_a_button(api: Api, clean: House) -> None:
    person = api.register()
    reply = api.get(f"/auth/email/verify?token={verification(clean)}")
    assert reply.status == 200
    assert b"<form" in reply.body
    assert api.get("/auth/me", token=person.access).json()["is_verified"] is False


def test_the_button_works_as_a_form(api: Api, clean: House) -> None:
    person = api.register()
    body = f"token={verification(clean)}".encode()
    reply = api.post("/auth/email/verify", body, content_type="application/x-www-form-urlencoded")
    assert reply.status == 200
    assert (reply.header("content-type") or "").startswith("text/html")
    assert api.get("/auth/me", token=person.access).json()["is_verified"] is True


@pytest.mark.row("M03")
def test_a_forgotten_password_is_replaced_and_every_session_ends(api: Api, clean: House) -> None:
    person = api.register()
    token = reset_token(api, clean, person)
    assert api.post("/auth/password/reset", {"token": token, "new_password": NEW}).status == 200
    assert api.get("/auth/me", token=person.access).status == 401
    assert api.post("/auth/refresh", {"refresh": person.refresh}).status == 401
    assert api.post("/auth/login", {"username": "asha", "password": PASSWORD}).status == 401
    assert api.login("asha", NEW).id == person.id


def test_a_reset_link_works_once(api: Api, clean: House) -> None:
    token = reset_token(api, clean, api.register())
    bodies = [{"token": token, "new_password": f"{NEW}-{n}"} for n in range(8)]
    replies = at_once(8, lambda n: api.post("/auth/password/reset", bodies[n]))
    assert sorted(reply.status for reply in replies) == [200] + [422] * 7


def test_a_weak_password_does_not_use_up_the_link(api: Api, clean: House) -> None:
    token = reset_token(api, clean, api.register())
    assert problem(api.post("/auth/password/reset", {"token": token, "new_password": "short"}))[0] == 422
    assert api.post("/auth/password/reset", {"token": token, "new_password": NEW}).status == 200


def test_a_verification_token_resets_no_password(api: Api, clean: House) -> None:
    api.register()
    reply = api.post("/auth/password/reset", {"token": verification(clean), "new_password": NEW})
    assert problem(reply) == (422, "mailed_token_invalid")


@pytest.mark.parametrize(("purpose", "life"), [("verify", timedelta(hours=24)), ("reset", timedelta(minutes=30))])
@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 422)])
def test_a_mailed_token_dies_on_the_second(api: Api, purpose: str, life: timedelta, seconds: int, status: int) -> None:
    person = api.register()
    user = reads.one(User, keys.user(person.id))
    assert user is not None
    made = clock.now()
    from chalicelib.table.writes import alone, put

    item = mail_tokens.new(purpose, user.id, made)
    alone(put(item))
    token = mail_tokens.token(purpose, item.id, user)
    path, body = ("/auth/email/verify", {}) if purpose == "verify" else ("/auth/password/reset", {"new_password": NEW})
    with time_machine.travel(made + life + timedelta(seconds=seconds), tick=False):
        assert api.post(path, {"token": token, **body}).status == status


def test_asking_for_a_reset_answers_the_same_for_everybody(api: Api) -> None:
    api.register()
    known, unknown = (
        api.post("/auth/password/forgot", {"email": f"{name}@example.org"}) for name in ("asha", "nobody")
    )
    assert (known.status, known.body) == (unknown.status, unknown.body)


def test_nobody_gets_mail_for_an_address_without_an_account(api: Api, clean: House) -> None:
    api.post("/auth/password/forgot", {"email": "nobody@example.org"})
    clean.driver.settle()
    assert clean.mails() == []


def test_a_fourth_reset_within_the_hour_is_refused(api: Api) -> None:
    api.register()
    with time_machine.travel(clock.now().replace(minute=0, second=0), tick=False):
        replies = at_once(6, lambda _: api.post("/auth/password/forgot", {"email": "asha@example.org"}))
    assert sorted(reply.status for reply in replies) == [202] * 3 + [429] * 3


def test_a_person_has_the_verification_sent_again(api: Api, clean: House) -> None:
    person = api.register()
    assert api.post("/auth/email/resend", {}, token=person.access).status == 202
    tokens = mailed(clean, "/auth/email/verify")
    assert len(set(tokens)) == 2
    assert api.post("/auth/email/verify", {"token": tokens[0]}).status == 200


def test_one_click_unsubscribes_without_signing_in_and_as_often_as_it_is_clicked(api: Api) -> None:
    person = api.register()
    token = mail_tokens.unsubscribe_token(person.id, "news")
    body, kind = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    statuses = [api.post(f"/mail/unsubscribe?token={token}", body, content_type=kind).status for _ in range(2)]
    assert statuses == [200, 200]
    assert api.get("/users/me/mail-preferences", token=person.access).json()["news"] is False


@pytest.mark.parametrize("change", [("news", "tips"), ("usr_", "usr_x"), (".", "..")])
def test_a_changed_unsubscribe_token_is_refused(api: Api, change: tuple[str, str]) -> None:
    token = mail_tokens.unsubscribe_token(api.register().id, "news").replace(*change, 1)
    assert problem(api.post(f"/mail/unsubscribe?token={token}", {})) == (422, "mailed_token_invalid")
