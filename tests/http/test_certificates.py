"""Certificates over HTTP: one's own, the public check, what is hidden, revoked, replaced."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.learning.certificates import printing
from chalicelib.learning.records import Certificate, Credential
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from infra.local.gateway import Reply
from tests.conftest import House
from tests.factories import certificates
from tests.http.api import Api, Person, at_once, fields, problem

VERIFY = "/certificates/verify"


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tara", first_name="Tara", roles=("instructor",))


@pytest.fixture
def meera(api: Api) -> Person:
    return api.member("meera", first_name="Meera")


@pytest.fixture
def made(meera: Person, teacher: Person) -> Certificate:
    return certificates.certificate(meera.id, certificates.course(teacher.id))


def checked(api: Api, code: str) -> dict[str, Any]:
    reply = api.get(f"{VERIFY}/{code}")
    assert reply.status == 200
    return dict(reply.json())


@pytest.mark.row("M21", "B12")
def test_a_stranger_checks_a_code(api: Api, made: Certificate) -> None:
    found = checked(api, made.code)
    assert (found["valid"], found["status"], found["code"]) == (True, "valid", made.code)
    assert (found["holder"], found["course"], found["instructor"]) == ("Meera", certificates.TITLE, "Tara")
    assert found["completed_on"] == made.completed_at.date().isoformat()


def test_a_code_may_be_typed_small_and_without_dashes(api: Api, made: Certificate) -> None:
    assert checked(api, made.code.lower().replace("-", ""))["valid"]


@pytest.mark.parametrize("code", ["7F3K-9QXM-2WRA-D8TB-HN5C-V4EZ", "nothing", "7F3K"])
def test_a_code_that_is_not_ours_is_unknown(api: Api, code: str) -> None:
    found = checked(api, code)
    assert (found["valid"], found["status"], found["holder"], found["credential"]) == (False, "unknown", None, None)


@pytest.mark.row("B12")
def test_an_exported_credential_is_valid_and_one_changed_byte_makes_it_invalid(
    api: Api, meera: Person, made: Certificate
) -> None:
    credential = api.get(f"/certificates/{made.id}/credential", token=meera.access).json()
    assert api.post(VERIFY, credential).json()["valid"]
    for path in (("signature",), ("key_id",), ("disclosures", "holder", 1), ("document", "sayings", "holder")):
        changed = copy.deepcopy(credential)
        place: Any = changed
        for step in path[:-1]:
            place = place[step]
        text = place[path[-1]]
        place[path[-1]] = ("b" if text[0] == "a" else "a") + text[1:]
        found = api.post(VERIFY, changed).json()
        assert (found["valid"], found["status"]) == (False, "altered"), path


@pytest.mark.row("B12")
def test_whoever_changes_the_table_cannot_make_it_prove_something_else(api: Api, made: Certificate) -> None:
    credential = reads.one(Credential, keys.credential(made.code))
    assert credential
    credential.disclosures = {**credential.disclosures, "holder": ["salt", "Somebody Else"]}
    alone(put(credential))
    found = checked(api, made.code)
    assert (found["valid"], found["status"], found["holder"]) == (False, "damaged", None)


def test_a_document_under_a_foreign_code_is_damaged(api: Api, meera: Person, made: Certificate) -> None:
    other = certificates.certificate(meera.id)
    credential = reads.one(Credential, keys.credential(made.code))
    foreign = reads.one(Credential, keys.credential(other.code))
    assert credential
    assert foreign
    for name in ("document", "disclosures", "signature"):
        setattr(credential, name, getattr(foreign, name))
    alone(put(credential))
    assert checked(api, made.code)["status"] == "damaged"


@pytest.mark.row("B12")
def test_what_the_learner_hides_no_stranger_sees_and_the_rest_is_still_proven(
    api: Api, meera: Person, made: Certificate
) -> None:
    wish = {"shows": {"holder": False, "completed_on": False}}
    reply = api.patch(f"/certificates/{made.id}", wish, token=meera.access)
    assert reply.json()["shows"] == {"holder": False, "course": True, "instructor": True, "completed_on": False}
    answer = api.get(f"{VERIFY}/{made.code}")
    assert "Meera" not in answer.body.decode()
    found = answer.json()
    assert (found["valid"], found["holder"], found["completed_on"]) == (True, None, None)
    assert found["course"] == certificates.TITLE
    assert "Meera" not in page(api, made.code).body.decode()
    exported = api.get(f"/certificates/{made.id}/credential", token=meera.access).json()
    assert set(exported["disclosures"]) == {"course", "instructor"}
    assert api.post(VERIFY, exported).json()["valid"]


def test_what_was_hidden_can_be_shown_again(api: Api, meera: Person, made: Certificate) -> None:
    for shown in (False, True):
        api.patch(f"/certificates/{made.id}", {"shows": {"holder": shown}}, token=meera.access)
    assert checked(api, made.code)["holder"] == "Meera"


def test_a_wish_about_a_state_that_is_over_is_refused(api: Api, meera: Person, made: Certificate) -> None:
    tag = str(api.get(f"/certificates/{made.id}", token=meera.access).header("etag"))
    for status in (200, 412):
        wish = {"shows": {"course": status != 200}}
        reply = api.patch(f"/certificates/{made.id}", wish, token=meera.access, if_match=tag)
        assert reply.status == status


def test_an_unknown_saying_is_refused_by_name(api: Api, meera: Person, made: Certificate) -> None:
    reply = api.patch(f"/certificates/{made.id}", {"shows": {"grade": False}}, token=meera.access)
    assert (reply.status, fields(reply)) == (422, {"shows.grade": "unknown_field"})


@pytest.mark.row("B12")
def test_a_revoked_certificate_says_so_to_strangers_and_why_to_its_holder(
    api: Api, meera: Person, teacher: Person, made: Certificate
) -> None:
    reason = {"reason": "The project was copied."}
    reply = api.post(f"/certificates/{made.id}/revoke", reason, token=teacher.access)
    assert (reply.status, reply.json()["status"]) == (200, "revoked")
    answer = api.get(f"{VERIFY}/{made.code}")
    assert (answer.json()["valid"], answer.json()["status"]) == (False, "revoked")
    assert answer.json()["revoked_at"]
    assert "copied" not in answer.body.decode()
    assert api.get(f"/certificates/{made.id}", token=meera.access).json()["reason"] == "The project was copied."
    assert problem(api.get(f"/certificates/{made.id}/pdf", token=meera.access)) == (409, "certificate_revoked")


def test_revoking_twice_keeps_the_first_reason(api: Api, teacher: Person, made: Certificate) -> None:
    for reason in ("The first reason", "The second reason"):
        reply = api.post(f"/certificates/{made.id}/revoke", {"reason": reason}, token=teacher.access)
        assert reply.json()["reason"] == "The first reason"


def test_an_export_that_was_made_before_a_revocation_is_not_valid_after_it(
    api: Api, meera: Person, teacher: Person, made: Certificate
) -> None:
    exported = api.get(f"/certificates/{made.id}/credential", token=meera.access).json()
    api.post(f"/certificates/{made.id}/revoke", {"reason": "A mistake"}, token=teacher.access)
    assert api.post(VERIFY, exported).json()["status"] == "revoked"


@pytest.mark.row("B12")
def test_after_a_change_of_name_a_reissue_has_a_new_code_and_the_old_one_forgets(
    api: Api, meera: Person, made: Certificate
) -> None:
    api.patch("/users/profile", {"first_name": "Mira"}, token=meera.access)
    fresh = api.post(f"/certificates/{made.id}/reissue", token=meera.access).json()
    assert (fresh["id"], fresh["issue"], fresh["holder"]) == (made.id, 2, "Mira")
    old = api.get(f"{VERIFY}/{made.code}")
    assert (old.json()["valid"], old.json()["status"]) == (False, "replaced")
    text = old.body.decode()
    assert not [word for word in ("Meera", "Mira", fresh["code"], meera.id) if word in text]
    assert checked(api, fresh["code"])["holder"] == "Mira"
    assert api.get(f"/certificates/{made.code}", token=meera.access).status == 404
    assert api.get(f"/certificates/{fresh['code']}", token=meera.access).json()["id"] == made.id


def test_a_reissue_that_would_say_the_same_is_refused(api: Api, meera: Person, made: Certificate) -> None:
    reply = api.post(f"/certificates/{made.id}/reissue", token=meera.access)
    assert problem(reply) == (409, "certificate_up_to_date")


def test_reissues_at_the_same_moment_make_one(api: Api, meera: Person, made: Certificate) -> None:
    api.patch("/users/profile", {"first_name": "Mira"}, token=meera.access)
    replies = at_once(4, lambda _: api.post(f"/certificates/{made.id}/reissue", token=meera.access).status)
    assert sorted(replies) == [200, 409, 409, 409]


def test_what_was_revoked_is_issued_anew_by_the_instructor_and_not_by_its_holder(
    api: Api, meera: Person, teacher: Person, made: Certificate
) -> None:
    api.post(f"/certificates/{made.id}/revoke", {"reason": "A mistake"}, token=teacher.access)
    path = f"/certificates/{made.id}/reissue"
    assert problem(api.post(path, token=meera.access)) == (403, "not_yours_to_judge")
    fresh = api.post(path, token=teacher.access).json()
    assert (fresh["status"], fresh["reason"], fresh["revoked_at"]) == ("issued", None, None)
    assert checked(api, fresh["code"])["valid"]


def test_an_instructor_does_not_judge_a_certificate_of_their_own(api: Api, teacher: Person) -> None:
    own = certificates.certificate(teacher.id, certificates.course(teacher.id))
    reply = api.post(f"/certificates/{own.id}/revoke", {"reason": "Just because"}, token=teacher.access)
    assert problem(reply) == (403, "not_yours_to_judge")


@pytest.mark.row("B12")
def test_a_certificate_of_a_course_that_sets_an_end_expires(api: Api, meera: Person, teacher: Person) -> None:
    made = certificates.certificate(meera.id, certificates.course(teacher.id, certificate_days=365))
    assert checked(api, made.code)["valid"]
    with time_machine.travel(clock.now() + timedelta(days=366)):
        found = checked(api, made.code)
    assert (found["valid"], found["status"]) == (False, "expired")


@pytest.mark.row("M21")
def test_the_own_ones_are_listed_newest_first(api: Api, meera: Person, made: Certificate) -> None:
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        newer = certificates.certificate(meera.id)
        listed = api.get("/certificates", token=meera.access).json()
    assert [each["id"] for each in listed["results"]] == [newer.id, made.id]
    assert listed["count"] == 2


@pytest.mark.row("M21")
def test_a_paper_is_lent_by_a_link_for_five_minutes(clean: House, api: Api, meera: Person, made: Certificate) -> None:
    path = f"/certificates/{made.id}/pdf"
    early = api.get(path, token=meera.access)
    assert problem(early) == (409, "certificate_not_printed")
    assert early.header("retry-after") == "3"
    printing.keep(meera.id, made.course_id, clock.now())
    reply = api.get(path, token=meera.access)
    assert reply.header("cache-control") == "no-store"
    assert "X-Amz-Expires=300" in reply.json()["url"] or "Expires=" in reply.json()["url"]
    assert fetched(clean, reply).startswith(b"%PDF-")


def fetched(house: House, reply: Reply) -> bytes:
    from urllib.request import urlopen

    with urlopen(reply.json()["url"], timeout=10) as answer:
        assert answer.headers["content-type"] == "application/pdf"
        return bytes(answer.read())


@pytest.mark.row("B12")
@pytest.mark.parametrize("what", ["", "/pdf", "/credential"])
def test_a_foreign_certificate_is_not_found(api: Api, made: Certificate, what: str) -> None:
    stranger = api.member("stranger", roles=("student", "instructor"))
    for name in (made.id, made.code):
        assert api.get(f"/certificates/{name}{what}", token=stranger.access).status == 404


def test_a_judgement_is_of_the_certificate_that_was_read(api: Api, made: Certificate, teacher: Person) -> None:
    path = f"/certificates/{made.id}"
    old = api.get(path, token=teacher.access).header("etag") or ""
    for act, body in (("revoke", {"reason": "A mistake"}), ("reissue", None)):
        present = api.get(path, token=teacher.access).header("etag") or ""
        assert problem(api.post(f"{path}/{act}", body, token=teacher.access, if_match='"99.x"')) == (
            412,
            "certificate_changed",
        )
        assert api.post(f"{path}/{act}", body, token=teacher.access, if_match=present).status == 200
    assert api.post(f"{path}/revoke", {"reason": "Again"}, token=teacher.access, if_match=old).status == 412


def test_a_foreign_instructor_revokes_nothing(api: Api, made: Certificate) -> None:
    other = api.member("other", roles=("instructor",))
    reply = api.post(f"/certificates/{made.id}/revoke", {"reason": "Envy, mostly"}, token=other.access)
    assert reply.status == 404


def test_the_instructor_sees_a_certificate_and_cannot_change_what_it_shows(
    api: Api, teacher: Person, made: Certificate
) -> None:
    assert api.get(f"/certificates/{made.id}", token=teacher.access).status == 200
    wish = {"shows": {"holder": False}}
    assert api.patch(f"/certificates/{made.id}", wish, token=teacher.access).status == 403
    assert api.get(f"/certificates/{made.id}/credential", token=teacher.access).status == 403


def page(api: Api, code: str) -> Reply:
    return api.get(f"{VERIFY}/{code}", accept="text/html,application/xhtml+xml")


@pytest.mark.row("M21")
def test_a_browser_gets_a_page_without_script_or_third_party(api: Api, made: Certificate) -> None:
    reply = page(api, made.code)
    text = reply.body.decode()
    assert str(reply.header("content-type")).startswith("text/html")
    assert "default-src 'none'" in str(reply.header("content-security-policy"))
    assert "This certificate is valid" in text
    assert "Meera" in text
    assert "<script" not in text
    assert "http" not in text.replace("http://localhost:8000", "")


def test_a_page_about_nothing_shows_no_details(api: Api) -> None:
    text = page(api, "7F3K-9QXM-2WRA-D8TB-HN5C-V4EZ").body.decode()
    assert "We know no such certificate" in text


def test_what_stands_on_a_certificate_is_text_on_the_page(api: Api, teacher: Person) -> None:
    sly = api.member("sly", first_name="<script>alert(1)</script>")
    made = certificates.certificate(sly.id, certificates.course(teacher.id, title="<b>Bold</b> & co"))
    text = page(api, made.code).body.decode()
    assert "<script" not in text
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; co" in text


def test_a_code_can_be_typed_into_a_page(api: Api, made: Certificate) -> None:
    assert '<form method="get"' in api.get(VERIFY, accept="text/html").body.decode()
    found = api.get(f"{VERIFY}?code={made.code.lower()}", accept="text/html").body.decode()
    assert "This certificate is valid" in found


def test_a_credential_of_the_wrong_form_is_altered_and_never_an_error(
    api: Api, meera: Person, made: Certificate
) -> None:
    good = api.get(f"/certificates/{made.id}/credential", token=meera.access).json()
    odd: list[dict[str, Any]] = [
        {"holder": []},
        {"holder": ["a", "b", "c"]},
        {"x" * 300: ["a", "b"]},
        {"holder": ["\ud800", "b"]},
    ]
    for disclosures in odd:
        reply = api.post(VERIFY, json.dumps({**good, "disclosures": disclosures}).encode())
        assert reply.json()["status"] == "altered", disclosures
