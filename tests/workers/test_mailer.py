"""A letter goes out once per key, whatever happens between us and the provider; more in rows F12, F13 of the faults."""

import threading
from datetime import timedelta

import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError

from chalicelib import clock
from chalicelib.accounts.letters import ErasureCancelled
from chalicelib.accounts.records import AddressClaim
from chalicelib.messaging import mailer, router
from chalicelib.messaging.batches import Later, Poison
from chalicelib.messaging.mailer import LetterRecord, Outgoing
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from functions import send_email
from tests.conftest import House
from tests.workers.doubles import Kill, MailFake, a_fact, dead, happened, person, records, refusal


def outgoing() -> Outgoing:
    return Outgoing(ErasureCancelled(name="Ada"), "ada@example.org")


def state(key: str = "k") -> str | None:
    record = reads.one(LetterRecord, keys.letter(key))
    return record.state if record else None


@pytest.mark.row("G40", "M103")
def test_a_fact_becomes_a_mail_in_the_inbox(engine: House) -> None:
    person()
    happened("user.password_changed")
    assert engine.mails() == []  # the request is over, and has not waited for the provider
    engine.driver.settle()
    (mail,) = engine.mails()
    assert (mail.to, mail.subject) == (["ada@example.org"], "Your password was changed")
    assert "Hello Ada Lovelace," in mail.text
    assert "<html" in mail.html


def test_a_letter_is_sent_once_per_key(mail_fake: MailFake) -> None:
    assert mailer.deliver("k", outgoing) == "sent"
    assert mailer.deliver("k", outgoing) == "done before"
    assert len(mail_fake.accepted) == 1


def test_many_workers_with_one_key_send_one_letter(mail_fake: MailFake) -> None:
    barrier = threading.Barrier(8)
    outcomes = []

    def work() -> None:
        barrier.wait()
        try:
            outcomes.append(mailer.deliver("k", outgoing))
        except Later:
            outcomes.append("later")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(mail_fake.accepted), outcomes.count("sent"), len(outcomes)) == (1, 1, 8)


def test_killed_between_accepted_and_marked_a_letter_is_repeated_at_most_once(mail_fake: MailFake) -> None:
    kills: list[BaseException | None] = [Kill()]
    mail_fake.fails_after = lambda: kills.pop() if kills else None
    with pytest.raises(Kill):
        mailer.deliver("k", outgoing)
    with pytest.raises(Later):
        mailer.deliver("k", outgoing)
    with time_machine.travel(clock.now() + mailer.LEASE + timedelta(seconds=1)):
        assert mailer.deliver("k", outgoing) == "sent"
        assert mailer.deliver("k", outgoing) == "done before"
    assert len(mail_fake.accepted) == 2


def test_killed_before_the_provider_was_called_a_letter_is_not_lost(mail_fake: MailFake) -> None:
    def killed() -> Outgoing:
        raise Kill

    with pytest.raises(Kill):
        mailer.deliver("k", killed)
    with time_machine.travel(clock.now() + mailer.LEASE + timedelta(seconds=1)):
        assert mailer.deliver("k", outgoing) == "sent"
    assert len(mail_fake.accepted) == 1


def test_a_letter_sent_at_most_once_is_rather_lost_than_repeated(mail_fake: MailFake) -> None:
    kills: list[BaseException | None] = [Kill()]
    mail_fake.fails_after = lambda: kills.pop() if kills else None
    with pytest.raises(Kill):
        mailer.deliver("k", outgoing, at_most_once=True)
    with time_machine.travel(clock.now() + 2 * mailer.LEASE):
        assert mailer.deliver("k", outgoing, at_most_once=True) == "done before"
    mail_fake.fails_before = lambda: ReadTimeoutError(endpoint_url="ses")
    assert mailer.deliver("other", outgoing, at_most_once=True) == "uncertain"
    assert len(mail_fake.accepted) == 1


def test_at_most_once_still_tries_again_where_the_provider_said_no(mail_fake: MailFake) -> None:
    mail_fake.fails_before = lambda: refusal("TooManyRequestsException", 429)
    with pytest.raises(Later):
        mailer.deliver("k", outgoing, at_most_once=True)
    mail_fake.fails_before = lambda: None
    assert mailer.deliver("k", outgoing, at_most_once=True) == "sent"


@pytest.mark.parametrize(
    "error",
    [
        refusal("TooManyRequestsException", 429),
        refusal("SendingPausedException"),
        refusal("InternalServiceErrorException", 500),
        ReadTimeoutError(endpoint_url="ses"),
    ],
    ids=["throttled", "paused", "broken", "silent"],
)
def test_a_passing_failure_comes_back_and_need_not_wait_for_the_lease(mail_fake: MailFake, error: Exception) -> None:
    mail_fake.fails_before = lambda: error
    with pytest.raises(Later):
        mailer.deliver("k", outgoing)
    mail_fake.fails_before = lambda: None
    assert mailer.deliver("k", outgoing) == "sent"


def test_a_refused_letter_is_poison_and_can_be_sent_after_the_mistake_is_mended(mail_fake: MailFake) -> None:
    mail_fake.fails_before = lambda: refusal("MessageRejected")
    with pytest.raises(Poison):
        mailer.deliver("k", outgoing)
    mail_fake.fails_before = lambda: None
    assert mailer.deliver("k", outgoing) == "sent"


def test_after_three_failures_the_provider_is_left_alone_for_twenty_seconds(mail_fake: MailFake) -> None:
    mail_fake.fails_before = lambda: refusal("InternalServiceErrorException", 500)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for number in range(6):
            with pytest.raises(Later):
                mailer.deliver(f"k{number}", outgoing)
        assert mail_fake.calls == 3
        traveller.shift(21)
        mail_fake.fails_before = lambda: None
        assert mailer.deliver("k0", outgoing) == "sent"


def test_a_clock_that_is_set_back_stops_no_mail(mail_fake: MailFake) -> None:
    with time_machine.travel(clock.now() + timedelta(days=365), tick=False):
        assert mailer.deliver("k", outgoing) == "sent"
    assert mailer.deliver("later", outgoing) == "sent"


def test_a_letter_nobody_wants_any_more_is_settled(mail_fake: MailFake) -> None:
    assert mailer.deliver("k", lambda: None) == "unwanted"
    assert (state(), mail_fake.calls) == ("unwanted", 0)


def test_erased_people_get_no_mail(engine: House) -> None:
    person(erased_at=clock.now())
    happened("user.password_changed")
    happened("user.password_changed", "usr_nobody")
    engine.driver.settle()
    assert engine.mails() == []
    assert dead("emails") == []


def test_hints_carry_a_one_click_way_to_refuse_them(mail_fake: MailFake) -> None:
    person()
    send_email.handler(records(router.message("welcome", a_fact("user.verified"))), None)
    headers = {header["Name"]: header["Value"] for header in mail_fake.accepted[0]["Content"]["Simple"]["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    assert link.startswith("http://localhost:8000/api/v1/mail/unsubscribe?token=usr_ada.tips.")
    assert link in mail_fake.accepted[0]["Content"]["Simple"]["Body"]["Text"]["Data"]


def test_who_refused_hints_gets_none_and_who_must_know_is_told(mail_fake: MailFake) -> None:
    person(refused_mail=["tips"])
    bodies = [router.message("welcome", a_fact("user.verified")), router.message("account_banned", a_fact())]
    send_email.handler(records(*bodies), None)
    (sent,) = mail_fake.accepted
    assert sent["Content"]["Simple"]["Subject"]["Data"] == "Your account was suspended"
    assert "Headers" not in sent["Content"]["Simple"]


def test_whoever_asked_for_a_reset_gets_the_link_if_the_address_is_theirs(engine: House) -> None:
    user = person()
    alone(put(AddressClaim.under(keys.address(keys.digest(user.email)), user_id=user.id)))
    happened("auth.reset_requested", "req_1", address=keys.digest(user.email))
    happened("auth.reset_requested", "req_2", address=keys.digest("nobody@example.org"))
    engine.driver.settle()
    (mail,) = engine.mails()
    assert "/api/v1/auth/password/reset?token=mtk_" in mail.text
