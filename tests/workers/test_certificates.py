"""From a completed course to a certificate with its paper: once, whatever is repeated, raced or killed."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import aws, clock
from chalicelib.learning.certificates import erasing, holding, issuing, lending, printing, verifying
from chalicelib.learning.certificates.holding import Viewer
from chalicelib.learning.certificates.reactions import whose
from chalicelib.learning.records import Certificate, Credential
from chalicelib.messaging import router
from chalicelib.settings import settings
from chalicelib.table.acts import Act, by_system
from chalicelib.table.facts import Fact
from functions import issue_certificate
from infra.local.mailbox import Mail
from schedules import retry_certificates
from tests.conftest import House
from tests.factories import certificates
from tests.http.api import at_once
from tests.workers.doubles import Kill, dead, person, records

ADA = "usr_01JDAAAAAAAAAAAAAAAAAAAADA"
TEACHER = Viewer("usr_01JDZZZZZZZZZZZZZZZZZZTEAC")


@pytest.fixture(autouse=True)
def _people(clean: House) -> None:
    person(ADA, username="ada")
    person(TEACHER.id, username="teacher", first_name="Tara", last_name="Iyer")


def act() -> Act:
    return by_system("req_test")


def message(fact: Fact, reaction: str = "issue_certificate") -> dict[str, Any]:
    return records(router.message(reaction, fact))


def handled(fact: Fact, reaction: str = "issue_certificate") -> dict[str, Any]:
    return issue_certificate.handler(message(fact, reaction), None)


DONE: dict[str, Any] = {"batchItemFailures": []}


def papers() -> list[str]:
    found = aws.client("s3").list_objects_v2(Bucket=settings.certificates_bucket)
    return [each["Key"] for each in found.get("Contents", [])]


def all_credentials(house: House) -> list[Credential]:
    pages = house.cloud.client("dynamodb").scan(TableName=settings.table_name, ConsistentRead=True)
    return [Credential.from_raw_data(each) for each in pages["Items"] if each["kind"]["S"] == "credential"]


def only() -> Certificate:
    (found,) = holding.all_of(ADA)
    return found


@pytest.mark.row("M21", "M104", "B12")
def test_a_completed_course_ends_in_a_certificate_with_a_paper_and_a_letter(clean: House) -> None:
    certificates.completed(ADA, certificates.course())
    clean.driver.settle()
    made = only()
    assert made.printed_at is not None
    assert made.gsi1pk is None
    assert papers() == [f"{ADA}/{made.course_id}/1.pdf"]
    found = verifying.verify(made.code, clock.now())
    assert (found.valid, found.sayings["holder"]) == (True, "Ada Lovelace")
    assert found.sayings["instructor"] == "Tara Iyer"
    (mail,) = letters(clean)
    assert f"/api/v1/certificates/verify/{made.code}" in everything(mail)


def letters(house: House) -> list[Mail]:
    return [mail for mail in house.mails() if mail.subject == "Your certificate is ready"]


def everything(mail: Mail) -> str:
    return f"{mail.text}{mail.html}"


@pytest.mark.row("B12")
def test_a_repeated_message_makes_neither_a_second_certificate_nor_a_second_letter(clean: House) -> None:
    fact = certificates.completed(ADA, certificates.course())
    clean.driver.settle()
    before = only().serialize()
    assert handled(fact) == DONE
    clean.driver.settle()
    assert only().serialize() == before
    assert len(all_credentials(clean)) == 1
    assert len(letters(clean)) == 1


@pytest.mark.row("B12")
def test_workers_that_start_at_the_same_moment_make_one_certificate(clean: House) -> None:
    fact = certificates.completed(ADA, certificates.course())
    codes = at_once(6, lambda _: issuing.issue(act(), *whose(fact)).code)  # type: ignore[union-attr]
    assert set(codes) == {only().code}
    assert [each.code for each in all_credentials(clean)] == [only().code]


def test_without_a_completed_enrollment_there_is_no_certificate() -> None:
    course = certificates.course()
    fact = certificates.completed(ADA, course)
    certificates.enrolled(ADA, course, completed_at=None)
    assert handled(fact) == DONE
    assert holding.all_of(ADA) == []


def test_an_enrollment_that_is_reopened_under_the_workers_hands_earns_none(monkeypatch: pytest.MonkeyPatch) -> None:
    course = certificates.course()
    fact = certificates.completed(ADA, course)
    real = issuing._made

    def reopened(*given: Any) -> Any:
        certificates.enrolled(ADA, course, completed_at=None)
        return real(*given)

    monkeypatch.setattr(issuing, "_made", reopened)
    assert handled(fact) == DONE
    assert holding.all_of(ADA) == []


def test_a_course_that_certifies_nothing_gives_none() -> None:
    handled(certificates.completed(ADA, certificates.course(certified=False)))
    assert holding.all_of(ADA) == []


def test_somebody_erased_gets_none() -> None:
    fact = certificates.completed(ADA, certificates.course())
    person(ADA, erased_at=clock.now())
    assert handled(fact) == DONE
    assert holding.all_of(ADA) == []


def test_a_fact_about_something_else_is_buried() -> None:
    fact = certificates.completed(ADA, certificates.course())
    odd = Fact(fact.id, fact.name, fact.actor, "les_x", fact.at, fact.request_id)
    assert handled(odd) == DONE
    ((_, reason),) = dead("certificates")
    assert reason == "unreadable: NotAboutLearning: les_x"


@pytest.mark.row("B12", "M104")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_call_to_aws_the_next_delivery_finishes(clean: House, moment: str) -> None:
    fact = certificates.completed(ADA, certificates.course())
    for number in range(40):
        clean_up(clean)
        if not killed_at(number, moment, fact):
            assert number > 5
            return
        assert handled(fact) == DONE
        made = only()
        assert made.printed_at is not None
        assert papers() == [f"{ADA}/{made.course_id}/1.pdf"]
        assert [each.code for each in all_credentials(clean)] == [made.code]
    pytest.fail("never came to the end")


def killed_at(number: int, moment: str, fact: Fact) -> bool:
    seen = iter(range(1_000))
    real = aws.client("dynamodb")._make_api_call.__func__
    from botocore.client import BaseClient

    def call(self: BaseClient, name: str, arguments: Any) -> Any:
        here = next(seen) == number
        if here and moment == "before":
            raise Kill
        answer = real(self, name, arguments)
        if here:
            raise Kill
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        try:
            handled(fact)
        except Kill:
            return True
    return False


def clean_up(house: House) -> None:
    """As before the certificate: its items and papers are gone."""
    for certificate in holding.all_of(ADA):
        lending.clear(certificate, [1])
        certificate.delete()
    for credential in all_credentials(house):
        credential.delete()


@pytest.mark.row("M104")
def test_the_clock_makes_the_papers_that_no_worker_made(clean: House) -> None:
    made = certificates.certificate(ADA)
    assert papers() == []
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        clean.driver.fire("retry_certificates", clock.now())
    assert only().printed_at is not None
    assert papers() == [f"{ADA}/{made.course_id}/1.pdf"]
    assert list(printing.overdue(clock.now() + timedelta(days=1))) == []


def test_the_clock_leaves_those_alone_that_a_worker_is_busy_with() -> None:
    certificates.certificate(ADA)
    assert list(printing.overdue(clock.now())) == []


def test_a_paper_that_cannot_be_made_does_not_hold_up_the_others(clean: House, monkeypatch: pytest.MonkeyPatch) -> None:
    poor, good = certificates.certificate(ADA), certificates.certificate(ADA)
    real = printing._print

    def odd(certificate: Certificate, now: Any) -> str:
        if certificate.id == poor.id:
            raise ValueError("no ink")
        return real(certificate, now)

    monkeypatch.setattr(printing, "_print", odd)
    later = clock.now() + timedelta(hours=2)
    with time_machine.travel(later), pytest.raises(retry_certificates.StillUnprinted):
        retry_certificates.handler({"scheduled_at": later.isoformat()}, Context())
    assert papers() == [f"{ADA}/{good.course_id}/1.pdf"]


class Context:
    aws_request_id = "req-of-the-clock"


@pytest.mark.row("B12")
def test_a_reissue_prints_the_new_name_and_takes_the_old_paper_away(clean: House) -> None:
    made = certificates.certificate(ADA)
    clean.driver.settle()
    person(ADA, username="ada", first_name="Augusta", last_name="King")
    fresh = issuing.reissue(act(), Viewer(ADA), made.id)
    clean.driver.settle()
    assert papers() == [f"{ADA}/{made.course_id}/2.pdf"]
    assert only().code == fresh.code != made.code
    assert verifying.verify(fresh.code, clock.now()).sayings["holder"] == "Augusta King"


def test_a_revoked_certificate_has_no_paper(clean: House) -> None:
    made = certificates.certificate(ADA)
    printing.keep(ADA, made.course_id, clock.now())
    holding.revoke(act(), TEACHER, made.id, "somebody else's work")
    clean.driver.settle()
    assert papers() == []
    assert only().gsi1pk is None


def test_a_paper_that_is_overtaken_by_a_revocation_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    made = certificates.certificate(ADA)
    real = printing._put

    def late(place: str, page: bytes) -> None:
        holding.revoke(act(), TEACHER, made.id, "meanwhile")
        real(place, page)

    monkeypatch.setattr(printing, "_put", late)
    assert printing.keep(ADA, made.course_id, clock.now()) == "overtaken"
    assert papers() == []


@pytest.mark.row("B12")
def test_an_erasure_leaves_a_code_that_says_nothing_personal(clean: House) -> None:
    made = certificates.certificate(ADA)
    printing.keep(ADA, made.course_id, clock.now())
    for _ in range(2):
        erasing.erase(act(), ADA)
    assert papers() == []
    (left,) = all_credentials(clean)
    text = str(left.serialize())
    assert not [secret for secret in ("Ada", "Lovelace", ADA, ADA.removeprefix("usr_")) if secret in text]
    found = verifying.verify(made.code, clock.now())
    assert (found.status, dict(found.sayings), found.proof) == ("erased", {}, None)


def test_nobody_is_written_to_about_a_certificate_that_was_revoked_at_once(clean: House) -> None:
    made = certificates.certificate(ADA)
    holding.revoke(act(), TEACHER, made.id, "a mistake")
    clean.driver.settle()
    assert letters(clean) == []
