"""Text of any script on a PDF: which font has its letters, how they join, how large they may be. Workers only.

Latin, Greek and Cyrillic are set as text. Other scripts need their letters joined and reordered, which HarfBuzz does;
they are drawn as outlines, so that they look right in every reader. Fonts and their licences lie in `fonts/`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FONTS = Path(__file__).with_name("fonts")
DISPLAY, SERIF, ITALIC = "NotoSerifDisplay-Regular", "NotoSerif-Regular", "NotoSerif-Italic"
#: Set as text; the order among the others is that in which they are asked for a letter.
PLAIN = (DISPLAY, SERIF, ITALIC)
SCRIPTS = tuple(
    [f"NotoSerif{script}-Regular" for script in (
        "Devanagari", "Bengali", "Gujarati", "Gurmukhi", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai",
        "Lao", "Khmer", "Myanmar", "Hebrew", "Armenian", "Georgian", "Ethiopic",
    )] + ["NotoSansOriya-Regular", "NotoNaskhArabic-Regular", "DroidSansFallback"]
)  # fmt: skip
#: Zero-width joiners, which belong to the letters around them.
JOINERS = "\u200c\u200d"


class Run(NamedTuple):
    """Neighbouring letters of one font."""

    font: str
    text: str


@dataclass(frozen=True, slots=True)
class Glyph:
    """Where a glyph stands in its line, in the font's units, and how far it moves what follows."""

    id: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines of a text and their size, as `fit` found them."""

    lines: tuple[str, ...]
    size: float


def drawable(text: str) -> str:
    """The text without letters that no font of ours has, such as pictographs."""
    return " ".join("".join(letter for letter in text if letter.isspace() or _font_of(letter, SERIF)).split())


def runs(text: str, font: str) -> list[Run]:
    """In the order in which they are read by eye: a text that begins from right to left is turned as a whole."""
    found: list[Run] = []
    for letter in text:
        last = found[-1] if found else None
        if last and (letter in JOINERS or (letter == " " and _has(last.font, letter))):
            chosen = last.font
        else:
            chosen = _font_of(letter, font)
        if not chosen:
            continue
        if last and last.font == chosen:
            found[-1] = Run(chosen, last.text + letter)
        else:
            found.append(Run(chosen, letter))
    return found[::-1] if found and _is_leftward(found[0]) else found


def width(text: str, font: str, size: float) -> float:
    return sum(_run_width(run, size) for run in runs(text, font))


def centred(canvas: Any, x: float, y: float, text: str, font: str, size: float) -> None:
    at = x - width(text, font, size) / 2
    for run in runs(text, font):
        _draw(canvas, at, y, run, size)
        at += _run_width(run, size)


def fit(text: str, font: str, room: float, largest: float, least: float, lines: int) -> Setting:
    """The largest setting within the room: on one line while it stays well readable, on more where it must."""
    for number in range(1, lines + 1):
        size, last = largest, least if number < lines else 5.0
        while size >= last:
            broken = _broken(text, font, size, room)
            if len(broken) <= number:
                return Setting(tuple(broken), size)
            size -= 0.5
    return Setting(tuple(_broken(text, font, 5.0, room)[:lines]), 5.0)


def _broken(text: str, font: str, size: float, room: float) -> list[str]:
    lines: list[str] = []
    for word in _words(text, font, size, room):
        if lines and width(f"{lines[-1]} {word}", font, size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _words(text: str, font: str, size: float, room: float) -> Iterator[str]:
    """Words, and the pieces of those that are longer than a line."""
    for word in text.split():
        rest = word
        while width(rest, font, size) > room and len(rest) > 1:
            cut = next(end for end in range(len(rest) - 1, 0, -1) if end == 1 or width(rest[:end], font, size) <= room)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _draw(canvas: Any, x: float, y: float, run: Run, size: float) -> None:
    if run.font in PLAIN:
        _registered(run.font)
        canvas.setFont(run.font, size)
        canvas.drawString(x, y, run.text)
        return
    font, scale = _shaper(run.font), size / _shaper(run.font).face.upem
    path = canvas.beginPath()
    for glyph in _shaped(run)[0]:
        font.draw_glyph_with_pen(glyph.id, _Pen(path, x + glyph.x * scale, y + glyph.y * scale, scale))
    canvas.drawPath(path, stroke=0, fill=1, fillMode=1)


def _run_width(run: Run, size: float) -> float:
    if run.font in PLAIN:
        from reportlab.pdfbase.pdfmetrics import stringWidth

        _registered(run.font)
        return float(stringWidth(run.text, run.font, size))
    return float(_shaped(run)[1] * size / _shaper(run.font).face.upem)


@cache
def _shaped(run: Run) -> tuple[list[Glyph], float]:
    """The glyphs of a run and its width, in the font's units."""
    import uharfbuzz

    buffer = uharfbuzz.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(_shaper(run.font), buffer)
    glyphs, at = [], 0.0
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.append(Glyph(info.codepoint, at + position.x_offset, position.y_offset))
        at += position.x_advance
    return glyphs, at


def _is_leftward(run: Run) -> bool:
    return "Arabic" in run.font or "Hebrew" in run.font


def _font_of(letter: str, preferred: str) -> str:
    """The first font with this letter; "" where none has it."""
    return next((font for font in (preferred, SERIF, *SCRIPTS) if _has(font, letter)), "")


def _has(font: str, letter: str) -> bool:
    return ord(letter) in _letters(font)


@cache
def _letters(font: str) -> frozenset[int]:
    return frozenset(_shaper(font).face.unicodes)


@cache
def _shaper(font: str) -> Any:
    import uharfbuzz

    blob = uharfbuzz.Blob.from_file_path(str(FONTS / f"{font}.ttf"))
    return uharfbuzz.Font(uharfbuzz.Face(blob))


@cache
def _registered(font: str) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont(font, str(FONTS / f"{font}.ttf"), shapable=False))


class _Pen:
    """Carries the outlines of one glyph over to a path of the page."""

    def __init__(self, path: Any, x: float, y: float, scale: float) -> None:
        self.path, self.x, self.y, self.scale = path, x, y, scale
        self.at = (0.0, 0.0)

    def _placed(self, *points: tuple[float, float]) -> list[float]:
        self.at = points[-1]
        return [each for px, py in points for each in (self.x + px * self.scale, self.y + py * self.scale)]

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - HarfBuzz calls it so
        self.path.moveTo(*self._placed(point))

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self.path.lineTo(*self._placed(point))

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self.path.curveTo(*self._placed(*points))

    def qCurveTo(self, control: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: N802
        """PDF has cubic curves only; two thirds of the way to the one control point are its two."""
        first, second = (
            (start[0] + 2 / 3 * (control[0] - start[0]), start[1] + 2 / 3 * (control[1] - start[1]))
            for start in (self.at, end)
        )
        self.path.curveTo(*self._placed(first, second, end))

    def closePath(self) -> None:  # noqa: N802
        self.path.close()

    def endPath(self) -> None:  # noqa: N802
        return
