"""The certificate as a page of paper: a PDF, landscape A4. The same certificate makes the same bytes. Workers only."""

import io
import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.learning.certificates import qr, typesetting
from chalicelib.learning.certificates.typesetting import DISPLAY, ITALIC, SERIF

WIDTH, HEIGHT = 841.89, 595.28
MIDDLE = WIDTH / 2
ROOM = 640.0
INK, QUIET, ACCENT, GOLD, PAPER = "#16233a", "#5d6878", "#0b4a8f", "#b08a3e", "#fffdf8"
NAMELESS = "the person named on the check page"


@dataclass(frozen=True, slots=True)
class Certified:
    """What stands on it. `instructor` may be nobody."""

    holder: str
    course: str
    completed_on: date
    instructor: str
    code: str
    address: str
    expires_on: date | None = None


def drawn(certified: Certified) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1, lang="en")
    canvas.setTitle(f"Certificate: {certified.course}")
    canvas.setAuthor("LearnFlow")
    canvas.setSubject(f"{certified.holder} has completed {certified.course}. Code {certified.code}")
    canvas.setCreator("LearnFlow")
    _frame(canvas)
    _heading(canvas)
    _body(canvas, certified)
    _foot(canvas, certified)
    canvas.save()
    return file.getvalue()


def _frame(canvas: Any) -> None:
    canvas.setFillColor(PAPER)
    canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    for inset, thickness, colour in ((24, 2.2, INK), (30, 0.6, GOLD)):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(thickness)
        canvas.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)
    for x in (30.0, WIDTH - 30):
        for y in (30.0, HEIGHT - 30):
            _corner(canvas, x, y)


def _corner(canvas: Any, x: float, y: float) -> None:
    """A small rosette over the meeting of the lines."""
    canvas.setFillColor(PAPER)
    canvas.setStrokeColor(GOLD)
    canvas.setLineWidth(0.6)
    canvas.circle(x, y, 13, stroke=0, fill=1)
    _rosette(canvas, x, y, 12, 8)


def _rosette(canvas: Any, x: float, y: float, radius: float, petals: int) -> None:
    """Circles around a centre, as the engraved ornaments of banknotes are made."""
    for number in range(petals):
        angle = 2 * math.pi * number / petals
        canvas.circle(x + math.cos(angle) * radius / 2, y + math.sin(angle) * radius / 2, radius / 2)


def _heading(canvas: Any) -> None:
    canvas.setFillColor(ACCENT)
    _spaced(canvas, 508, "LEARNFLOW", SERIF, 13, 5)
    canvas.setFillColor(INK)
    typesetting.centred(canvas, MIDDLE, 456, "Certificate of Completion", DISPLAY, 38)
    canvas.setStrokeColor(GOLD)
    canvas.setLineWidth(0.8)
    for side in (-1, 1):
        canvas.line(MIDDLE + side * 12, 433, MIDDLE + side * 110, 433)
    canvas.setLineWidth(0.5)
    _rosette(canvas, MIDDLE, 433, 6, 6)


def _spaced(canvas: Any, y: float, text: str, font: str, size: float, space: float) -> None:
    """Capitals with air between them."""
    whole = typesetting.width(text, font, size) + space * (len(text) - 1)
    canvas.setFont(font, size)
    canvas.drawString(MIDDLE - whole / 2, y, text, charSpace=space)


def _body(canvas: Any, certified: Certified) -> None:
    canvas.setFillColor(QUIET)
    typesetting.centred(canvas, MIDDLE, 403, "This is to certify that", ITALIC, 14)
    canvas.setFillColor(INK)
    _block(canvas, 352, typesetting.drawable(certified.holder) or NAMELESS, DISPLAY, (40, 24, 2))
    canvas.setFillColor(QUIET)
    typesetting.centred(canvas, MIDDLE, 295, "has successfully completed the course", ITALIC, 14)
    canvas.setFillColor(ACCENT)
    _block(canvas, 242, typesetting.drawable(certified.course) or certified.code, SERIF, (25, 19, 3))


def _block(canvas: Any, y: float, text: str, font: str, sizes: tuple[float, float, int]) -> None:
    """Lines with their middle at a height, whatever their number."""
    setting = typesetting.fit(text, font, ROOM, *sizes)
    leading = setting.size * 1.28
    top = y + leading * (len(setting.lines) - 1) / 2 - setting.size * 0.34
    for number, line in enumerate(setting.lines):
        typesetting.centred(canvas, MIDDLE, top - number * leading, line, font, setting.size)


def _foot(canvas: Any, certified: Certified) -> None:
    _column(canvas, 172, _day(certified.completed_on), "Date of completion")
    if certified.instructor:
        _column(canvas, 372, typesetting.drawable(certified.instructor) or "-", "Instructor")
    _check(canvas, certified)
    canvas.setFillColor(QUIET)
    # For whoever has no camera at hand: the page where codes are typed in.
    page = certified.address.rpartition("/")[0]
    typesetting.centred(canvas, MIDDLE, 42, f"Whoever has the code can check this certificate at {page}", SERIF, 7.5)


def _column(canvas: Any, x: float, text: str, label: str) -> None:
    canvas.setFillColor(INK)
    setting = typesetting.fit(text, SERIF, 170, 14, 8, 2)
    for number, line in enumerate(reversed(setting.lines)):
        typesetting.centred(canvas, x, 116 + number * setting.size * 1.25, line, SERIF, setting.size)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.5)
    canvas.line(x - 88, 106, x + 88, 106)
    canvas.setFillColor(QUIET)
    typesetting.centred(canvas, x, 90, label, ITALIC, 10.5)


def _check(canvas: Any, certified: Certified) -> None:
    """The way to the public page: for a camera, and for whoever types."""
    side, left, bottom = 88.0, 690.0, 62.0
    canvas.setFillColor(INK)
    qr.draw(canvas, certified.address, left, bottom, side)
    canvas.linkURL(certified.address, (left, bottom, left + side, bottom + side), relative=0)
    canvas.setFillColor(QUIET)
    right = left - 14
    lines = [("Check this certificate", ITALIC, 10.5)]
    lines += [(part, SERIF, 10.0) for part in _halves(certified.code)]
    lines += [(f"valid until {_day(certified.expires_on)}", ITALIC, 9.0)] if certified.expires_on else []
    y = bottom + side - 22
    for text, font, size in lines:
        canvas.setFillColor(INK if font == SERIF else QUIET)
        typesetting.centred(canvas, right - typesetting.width(text, font, size) / 2, y, text, font, size)
        y -= size * 1.55


def _halves(code: str) -> tuple[str, str]:
    groups = code.split("-")
    return "-".join(groups[: len(groups) // 2]) + "-", "-".join(groups[len(groups) // 2 :])


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
