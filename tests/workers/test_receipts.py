"""From a paid order to its receipt and its letters: each once, renewed when money goes back, gone with the person."""

from typing import Any

import pytest

from chalicelib import aws, clock
from chalicelib.accounts import privacy
from chalicelib.accounts.records import User
from chalicelib.catalog.records import Gate
from chalicelib.commerce import ids, letters, payments, printing, reactions, receipts
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Order, Receipt
from chalicelib.insight.holders import HOLDERS
from chalicelib.messaging import metrics, router
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import by_system
from chalicelib.table.facts import Fact
from chalicelib.table.writes import adjust, alone, put
from functions import print_receipt
from infra.local.mailbox import Mail
from tests.conftest import House
from tests.factories import commerce, people
from tests.http.api import at_once
from tests.workers.doubles import Kill, a_fact, dead, records

PAID, RETURNED, FAILED = "Thank you for your order", "Your money is on its way back", "A refund did not go through"
DECLINED, DISPUTED = "Your payment did not go through", "A payment is disputed"


@pytest.fixture
def buyer(clean: House) -> User:
    return commerce.a_buyer("meera", first_name="Meera", email="meera@example.org")


@pytest.fixture
def order(buyer: User) -> Order:
    return commerce.a_paid_order(buyer.id, commerce.a_priced_course(), commerce.a_priced_course())


def papers() -> list[str]:
    found = aws.client("s3").list_objects_v2(Bucket=settings.certificates_bucket, Prefix=receipts.PREFIX)
    return [each["Key"] for each in found.get("Contents", [])]


def receipt(order: Order) -> Receipt | None:
    return reads.one(Receipt, keys.receipt(order.user_id, receipts.number_of(order)))


def about(house: House, subject: str) -> list[Mail]:
    return [mail for mail in house.mails() if mail.subject == subject]


def given_back(order: Order, amount: int, **values: Any) -> Order:
    refund = {f"re_{amount}": Returned(amount, **values)}
    return payments.apply(by_system("req_refund"), order.id, News(intent_id=order.intent_id, refunds=refund))


def paid_fact(order: Order) -> Fact:
    return a_fact("order.paid", order.id)


@pytest.mark.row("M17", "M98", "M106")
def test_a_paid_order_ends_in_a_receipt_and_one_letter(clean: House, order: Order) -> None:
    clean.driver.settle()
    made = receipt(order)
    assert made is not None
    assert papers() == [f"receipts/{order.user_id}/{receipts.number_of(order)}/{int(made.order_ver)}.pdf"]
    (mail,) = about(clean, PAID)
    assert mail.to == ["meera@example.org"]
    assert "40.00 USD" in mail.text
    assert mail.text.count("20.00") == 2
    assert receipts.check_address(order.id) in mail.text
    # What was bought is told once, not once more for each course.
    assert [each.subject for each in clean.mails() if each.to == mail.to] == [PAID]


@pytest.mark.row("M98")
def test_a_repeated_fact_makes_neither_a_second_paper_nor_a_second_letter(clean: House, order: Order) -> None:
    clean.driver.settle()
    before = papers()
    assert print_receipt.handler(records(router.message("print_receipt", paid_fact(order))), None) == {
        "batchItemFailures": []
    }
    clean.driver.settle()
    assert papers() == before
    assert len(about(clean, PAID)) == 1


@pytest.mark.row("M17")
def test_a_refund_renews_the_receipt_and_is_told(clean: House, order: Order) -> None:
    clean.driver.settle()
    after = given_back(order, 2500)
    assert not receipts.shows(receipt(order), after)  # type: ignore[arg-type]
    clean.driver.settle()
    assert receipts.shows(receipt(order), after)  # type: ignore[arg-type]
    assert len(papers()) == 1
    (mail,) = about(clean, RETURNED)
    assert "25.00 USD" in mail.text


def test_what_could_not_be_delivered_is_said_in_the_letter(clean: House, buyer: User) -> None:
    course = commerce.a_priced_course()
    pending = commerce.a_pending_order(buyer.id, course, commerce.a_priced_course())
    alone(adjust(Gate.under(keys.gate(course)), Gate.is_deleted.set(True), where=Gate.pk.exists()))
    commerce.paid(pending.id)
    clean.driver.settle()
    (mail,) = about(clean, PAID)
    assert " ".join(mail.text.split()).count("It could not be delivered any more") == 1


def test_a_decline_is_told_kindly_and_not_after_the_payment(clean: House, buyer: User) -> None:
    first = commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    declined = News(intent_id="pi_1", currency="USD", declined="card_declined")
    payments.apply(by_system("req_decline"), first.id, declined)
    clean.driver.settle()
    (mail,) = about(clean, DECLINED)
    assert "Nothing was taken from you" in mail.text
    commerce.paid(first.id, intent_id="pi_1")
    again = a_fact("order.declined", first.id)
    assert reactions.payment_declined(again) is None


def test_a_refund_that_fails_is_told_and_not_as_one_that_was_made(clean: House, order: Order) -> None:
    told = reactions.refund_failed(
        a_fact("refund.failed", f"rfd_1-{order.id[4:]}", payload={"order": order.id, "amount_minor": 700})
    )
    assert told is not None
    assert told.letter.subject == FAILED
    back = {"amount_minor": -700, "lines": {}}
    assert reactions.money_returned(a_fact("order.refunded", order.id, payload=back)) is None


def test_every_administrator_is_told_of_a_dispute_once(clean: House, order: Order) -> None:
    for name in ("one", "two"):
        people.enlisted(name, roles=("admin",), email=f"{name}@example.org")
    news = News(intent_id=order.intent_id, dispute="open", disputed_minor=4000)
    payments.apply(by_system("req_dispute"), order.id, news)
    clean.driver.settle()
    mails = about(clean, DISPUTED)
    assert sorted(mail.to[0] for mail in mails) == ["one@example.org", "two@example.org"]
    assert all(order.id in mail.text.replace("\n", " ") for mail in mails)


def test_a_second_run_for_the_same_dispute_tells_nobody_again(clean: House, order: Order) -> None:
    people.enlisted("one", roles=("admin",))
    fact = a_fact("order.disputed", order.id, payload={"amount_minor": 4000})
    assert [reactions.address_dispute(fact) for _ in range(2)] == ["1 told", "0 told"]


@pytest.mark.row("M17")
def test_a_paper_of_an_older_state_does_not_take_the_place_of_a_newer(clean: House, order: Order) -> None:
    after = given_back(order, 2500)
    assert printing.keep(order.id, clock.now()) == "printed"
    buyer = reads.one(User, keys.user(order.user_id))
    assert buyer is not None
    place = ids.ordered(order.id)
    assert place is not None
    assert printing._print(order, buyer, place, clock.now()) == "overtaken"
    assert papers() == [receipts.place(after, int(after.ver))]


def test_workers_that_print_at_the_same_moment_leave_one_paper(order: Order) -> None:
    at_once(4, lambda _: printing.keep(order.id, clock.now()))
    assert papers() == [receipts.place(order, int(order.ver))]


@pytest.mark.row("M106")
@pytest.mark.parametrize("call", range(4))
def test_killed_at_any_call_to_aws_the_next_delivery_finishes(
    call: int, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, real = iter(range(100)), aws.client

    def client(service: str, **options: Any) -> Any:
        if next(calls) == call:
            raise Kill
        return real(service, **options)

    with monkeypatch.context() as patched:
        patched.setattr(aws, "client", client)
        with pytest.raises(Kill):
            printing.keep(order.id, clock.now())
    printing.keep(order.id, clock.now())
    assert papers() == [receipts.place(order, int(order.ver))]
    assert receipts.shows(receipt(order), order)  # type: ignore[arg-type]


def erased(user_id: str) -> None:
    now = clock.now()
    due = (User.erasure_due.set(now), User.gsi1pk.set(keys.erasures()), User.gsi1sk.set("0"))
    alone(adjust(User.under(keys.user(user_id)), *due, where=User.pk.exists()))
    privacy.erase(by_system("req_erase"), user_id, as_of=clock.now(), holders=HOLDERS)


@pytest.mark.row("B15")
def test_receipts_go_with_the_person_and_orders_stay(clean: House, order: Order) -> None:
    clean.driver.settle()
    assert papers()
    erased(order.user_id)
    assert papers() == []
    assert receipt(order) is None
    assert commerce.order_now(order.id).captured_minor == 4000
    assert printing.keep(order.id, clock.now()) == "taken away"
    assert papers() == []


def test_an_erasure_under_the_printers_hands_leaves_no_name(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    real = printing._marked

    def marked(*arguments: Any) -> bool:
        erased(order.user_id)
        return real(*arguments)

    monkeypatch.setattr(printing, "_marked", marked)
    assert printing.keep(order.id, clock.now()) == "taken away"
    assert papers() == []


def test_a_message_about_something_else_is_buried() -> None:
    bad = router.message("print_receipt", a_fact("order.paid", "usr_ada"))
    assert print_receipt.handler(records(bad), None) == {"batchItemFailures": []}
    assert len(dead("receipts")) == 1


def test_papers_that_could_not_be_deleted_are_not_taken_for_gone(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def delete_objects(self, **_: Any) -> dict[str, Any]:
            return {"Errors": [{"Key": "receipts/1", "Code": "InternalError"}]}

    monkeypatch.setattr(aws, "client", lambda *_, **__: Refusing())
    with pytest.raises(receipts.ReceiptsLeft):
        receipts.clear_all([order])


def test_many_papers_go_in_few_calls(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Counting:
        def delete_objects(self, Delete: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - S3 calls it so
            asked.append(len(Delete["Objects"]))
            return {}

    monkeypatch.setattr(aws, "client", lambda *_, **__: Counting())
    receipts.clear_all([order] * 600)
    assert asked == [1000, 600 * int(order.ver) - 1000]


def test_a_paper_that_names_another_line_is_printed_anew(order: Order) -> None:
    """Though the sum that went back is the same."""
    one, other = (line["id"] for line in order.lines)
    for designated in (one, other):
        order.allotted, order.ver = {designated: 2000}, int(order.ver) + 1
        alone(put(order))
        assert printing.keep(order.id, clock.now()) == "printed"
    assert receipts.shows(receipt(order), order)  # type: ignore[arg-type]


def failed_refund(order: Order) -> Fact:
    payload = {"order": order.id, "amount_minor": 700}
    return a_fact("refund.failed", f"rfd_1-{order.id[4:]}", payload=payload)


def test_a_refund_that_fails_while_money_is_owed_rings(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    monkeypatch.setattr(metrics, "count", counted.append)
    message = router.message("note_failed_refund", failed_refund(order))
    assert print_receipt.handler(records(message), None) == {"batchItemFailures": []}
    assert counted == ["RefundsFailed"]


@pytest.mark.parametrize(
    "news", [{"refunds": {"re_1": Returned(4000)}}, {"dispute": "open", "disputed_minor": 4000}], ids=["back", "open"]
)
def test_a_refund_that_fails_where_nothing_is_owed_is_told_to_nobody(
    order: Order, news: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "count", pytest.fail)
    payments.apply(by_system("req_news"), order.id, News(intent_id=order.intent_id, **news))
    assert reactions.refund_failed(failed_refund(order)) is None
    assert reactions.note_failed_refund(failed_refund(order)) == "nothing is owed"


def test_a_letter_names_no_line_that_gets_less(order: Order) -> None:
    one, other = (line["id"] for line in order.lines)
    moved = {"amount_minor": 999, "lines": {one: 1000, other: -1}}
    told = reactions.money_returned(a_fact("order.refunded", order.id, payload=moved))
    assert told is not None
    assert isinstance(told.letter, letters.MoneyReturned)
    assert [each.amount for each in told.letter.lines] == ["10.00"]


def test_killed_before_older_papers_were_taken_away_the_next_delivery_does_it(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    printing.keep(order.id, clock.now())
    after = given_back(order, 2500)

    def die(*_: Any) -> None:
        raise Kill

    with monkeypatch.context() as patched:
        patched.setattr(receipts, "clear", die)
        with pytest.raises(Kill):
            printing.keep(order.id, clock.now())
    assert len(papers()) == 2
    assert printing.keep(order.id, clock.now()) == "there already"
    assert papers() == [receipts.place(after, int(after.ver))]
