"""The paper of a receipt: what stands on it, on how many pages, and always the same bytes."""

from typing import Any

import pytest

from chalicelib import keyring
from chalicelib.commerce import paper, printing
from chalicelib.commerce.paper import Line, Said
from chalicelib.keyring import Keyring
from chalicelib.learning.certificates import typesetting
from tests.factories import commerce, people

ADDRESS = "https://api.learnflow.example/api/v1/receipts/ord_1.k1.signature"


def said(amount: int = 2, **values: Any) -> Said:
    defaults: dict[str, Any] = {
        "number": "01JDZZZZZZZZZZZZZZZZZZZZZZ",
        "paid_on": "20 November 2026, 17:05 (Asia/Kolkata)",
        "buyer": "Meera Krishnamurthy",
        "currency": "USD",
        "lines": [Line(f"Gentle Statistics {number}", 2499, 500, 1999) for number in range(amount)],
        "subtotal_minor": 2499 * amount,
        "discount_minor": 500 * amount,
        "total_minor": 1999 * amount,
        "address": ADDRESS,
        "coupon": "SPRING",
    }
    return Said(**{**defaults, **values})


def pages(made: bytes) -> int:
    return made.count(b"/Type /Page\n") + made.count(b"/Type /Page ")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is put on a paper."""
    texts: list[str] = []
    real = typesetting.centred

    def noted(canvas: Any, x: float, y: float, text: str, *rest: Any) -> None:
        texts.append(text)
        real(canvas, x, y, text, *rest)

    monkeypatch.setattr(typesetting, "centred", noted)
    return texts


@pytest.mark.row("M17")
def test_a_receipt_is_a_page_of_a4_and_the_same_bytes_each_time() -> None:
    made = paper.drawn(said())
    assert made.startswith(b"%PDF-")
    assert pages(made) == 1
    assert b"/MediaBox [ 0 0 595.28 841.89 ]" in made
    assert made == paper.drawn(said())


@pytest.mark.row("M17")
def test_a_receipt_says_who_paid_what_for_what_and_when(written: list[str]) -> None:
    paper.drawn(said())
    for text in (
        "LEARNFLOW", "01JDZZZZZZZZZZZZZZZZZZZZZZ", "20 November 2026, 17:05 (Asia/Kolkata)", "Meera Krishnamurthy",
        "Gentle Statistics 0", "24.99", "-5.00", "19.99", "49.98", "Discount (SPRING)", "-10.00", "Paid, USD", "39.98",
    ):  # fmt: skip
        assert text in written


def test_a_receipt_leads_to_the_page_that_checks_it() -> None:
    assert f"/URI ({ADDRESS})".encode() in paper.drawn(said())


@pytest.mark.row("M17")
def test_what_was_given_back_stands_on_it(written: list[str]) -> None:
    lines = [Line("Gentle Statistics", 2499, 500, 1999, returned_minor=1999), Line("Poems", 1999, 0, 1999)]
    paper.drawn(said(lines=lines, total_minor=3998, refunded_minor=1500, charged_back_minor=499))
    for text in ("of this given back: 19.99", "-15.00", "Taken back by the bank", "-4.99", "Left, USD", "19.99"):
        assert text in written


def test_ten_long_lines_take_a_second_page_and_nothing_stands_on_the_foot(written: list[str]) -> None:
    long = "A Course With a Title Long Enough to Take Up Two Lines of the Table, as Some Have"
    lines = [Line(long, 4999, 1000, 3999, returned_minor=500) for _ in range(10)]
    assert pages(paper.drawn(said(lines=lines, refunded_minor=5000))) == 2
    assert len([text for text in written if text == "of this given back: 5.00"]) == 10


def test_the_day_is_that_of_the_buyers_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "keys", lambda: Keyring("k1", {"k1": b"k" * 32}))
    order = commerce.a_record(captured_minor=2000)
    order.paid_at = order.created_at.replace(year=2026, month=11, day=20, hour=20, minute=5)
    buyer = people.user("meera")
    assert printing.said(order, buyer).paid_on == "21 November 2026, 01:35 (Asia/Kolkata)"
