"""The receipt as a page of paper: a PDF, A4. The same state of an order makes the same bytes. Workers only."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.catalog import money
from chalicelib.learning.certificates import qr, typesetting
from chalicelib.learning.certificates.typesetting import DISPLAY, ITALIC, SERIF

WIDTH, HEIGHT = 595.28, 841.89
LEFT, RIGHT = 56.0, WIDTH - 56.0
#: Where the columns of numbers end.
PRICE, DISCOUNT, TOTAL = RIGHT - 150, RIGHT - 72, RIGHT
#: How far down lines may stand, and how much room the sums take.
LOWEST, SUMS = 178.0, 120.0
INK, QUIET, ACCENT, RULE, BACK, SHADE = "#16233a", "#5d6878", "#0b4a8f", "#c9d1dc", "#a3261b", "#f2f5f9"


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    price_minor: int
    discount_minor: int
    total_minor: int
    returned_minor: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What stands on it. `address` is where whoever has the paper checks it."""

    number: str
    paid_on: str
    buyer: str
    currency: str
    lines: Sequence[Line]
    subtotal_minor: int
    discount_minor: int
    total_minor: int
    address: str
    coupon: str = ""
    refunded_minor: int = 0
    charged_back_minor: int = 0


def drawn(said: Said) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1, lang="en")
    canvas.setTitle(f"Receipt {said.number}")
    canvas.setAuthor("LearnFlow")
    canvas.setSubject(f"Paid: {money.decimal(said.total_minor)} {said.currency}")
    canvas.setCreator("LearnFlow")
    _heading(canvas, said)
    _foot(canvas, said)
    y = _lines(canvas, said, 600)
    _sums(canvas, said, y if y > LOWEST + SUMS else _next_page(canvas, said))
    canvas.save()
    return file.getvalue()


def _heading(canvas: Any, said: Said) -> None:
    canvas.setFillColor(ACCENT)
    canvas.rect(0, HEIGHT - 8, WIDTH, 8, stroke=0, fill=1)
    _left(canvas, LEFT, 770, "LEARNFLOW", SERIF, 12)
    canvas.setFillColor(INK)
    _left(canvas, LEFT, 728, "Receipt", DISPLAY, 34)
    for place, (label, value) in enumerate((("Number", said.number), ("Paid on", said.paid_on))):
        canvas.setFillColor(QUIET)
        _left(canvas, LEFT, 692 - 30 * place, label, ITALIC, 9.5)
        canvas.setFillColor(INK)
        _left(canvas, LEFT, 679 - 30 * place, value, SERIF, 10.5)
    canvas.setFillColor(QUIET)
    _left(canvas, 340, 692, "Paid by", ITALIC, 9.5)
    canvas.setFillColor(INK)
    setting = typesetting.fit(typesetting.drawable(said.buyer) or "the buyer", SERIF, RIGHT - 340, 10.5, 8, 2)
    for number, line in enumerate(setting.lines):
        _left(canvas, 340, 679 - number * setting.size * 1.3, line, SERIF, setting.size)


def _next_page(canvas: Any, said: Said) -> float:
    canvas.showPage()
    canvas.setFillColor(QUIET)
    _left(canvas, LEFT, 790, f"Receipt {said.number}, continued", ITALIC, 9.5)
    _foot(canvas, said)
    return 760.0


def _lines(canvas: Any, said: Said, y: float) -> float:
    """The table of what was bought; returns the height at which it ends."""
    y = _table(canvas, said, y)
    for line in said.lines:
        if y < LOWEST + 30:
            y = _table(canvas, said, _next_page(canvas, said))
        y = _line(canvas, line, y)
    return y


def _table(canvas: Any, said: Said, y: float) -> float:
    canvas.setFillColor(SHADE)
    canvas.rect(LEFT - 8, y - 7, RIGHT - LEFT + 16, 22, stroke=0, fill=1)
    canvas.setFillColor(QUIET)
    _left(canvas, LEFT, y, "Bought", ITALIC, 9.5)
    for x, label in ((PRICE, "Price"), (DISCOUNT, "Discount"), (TOTAL, said.currency)):
        _right(canvas, x, y, label, ITALIC, 9.5)
    return y - 26


def _line(canvas: Any, line: Line, y: float) -> float:
    setting = typesetting.fit(typesetting.drawable(line.title) or "-", SERIF, PRICE - LEFT - 70, 10.5, 8.5, 2)
    canvas.setFillColor(INK)
    discount = money.decimal(-line.discount_minor) if line.discount_minor else ""
    for x, amount in ((PRICE, money.decimal(line.price_minor)), (TOTAL, money.decimal(line.total_minor))):
        _right(canvas, x, y, amount, SERIF, 10.5)
    _right(canvas, DISCOUNT, y, discount, SERIF, 10.5)
    for each in setting.lines:
        _left(canvas, LEFT, y, each, SERIF, setting.size)
        y -= setting.size * 1.3
    if line.returned_minor:
        canvas.setFillColor(BACK)
        _left(canvas, LEFT, y, f"of this given back: {money.decimal(line.returned_minor)}", ITALIC, 9)
        y -= 12
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(LEFT, y + 4, RIGHT, y + 4)
    return y - 12


def _sums(canvas: Any, said: Said, y: float) -> None:
    taken_off = f"Discount ({said.coupon})" if said.coupon else "Discount"
    rows = [("Subtotal", said.subtotal_minor, SERIF, INK)] if said.discount_minor else []
    rows += [(taken_off, -said.discount_minor, SERIF, INK)] if said.discount_minor else []
    rows += [(f"Paid, {said.currency}", said.total_minor, DISPLAY, ACCENT)]
    rows += [("Given back", -said.refunded_minor, SERIF, BACK)] if said.refunded_minor else []
    rows += [("Taken back by the bank", -said.charged_back_minor, SERIF, BACK)] if said.charged_back_minor else []
    left = said.total_minor - said.refunded_minor - said.charged_back_minor
    rows += [(f"Left, {said.currency}", left, DISPLAY, INK)] if left != said.total_minor else []
    y -= 6
    for label, amount, font, colour in rows:
        size = 13.0 if font == DISPLAY else 10.5
        canvas.setFillColor(colour)
        _right(canvas, RIGHT - 90, y, label, font, size)
        _right(canvas, RIGHT, y, money.decimal(amount), font, size)
        y -= 20


def _foot(canvas: Any, said: Said) -> None:
    side, bottom = 92.0, 48.0
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(LEFT, bottom + side + 16, RIGHT, bottom + side + 16)
    canvas.setFillColor(INK)
    qr.draw(canvas, said.address, RIGHT - side, bottom, side)
    canvas.linkURL(said.address, (RIGHT - side, bottom, RIGHT, bottom + side), relative=0)
    texts = (
        "Scan the code to check that this receipt is real, and whether money was given back since.",
        "The page says the number, the day and the amounts, and not who has bought what.",
        "Card data never reaches LearnFlow: payments are made at Stripe.",
    )
    canvas.setFillColor(QUIET)
    for number, text in enumerate(texts):
        _left(canvas, LEFT, bottom + side - 12 - number * 15, text, SERIF, 8.5)


def _left(canvas: Any, x: float, y: float, text: str, font: str, size: float) -> None:
    typesetting.centred(canvas, x + typesetting.width(text, font, size) / 2, y, text, font, size)


def _right(canvas: Any, x: float, y: float, text: str, font: str, size: float) -> None:
    typesetting.centred(canvas, x - typesetting.width(text, font, size) / 2, y, text, font, size)
