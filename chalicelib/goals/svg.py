"""The few elements of SVG that charts are drawn with, as text; whatever people wrote is made harmless here. Pure."""

import unicodedata
from collections.abc import Iterable
from html import escape

#: Categories of characters that XML does not know, or that would turn around the text beside them.
UNFIT = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
#: Wide letters take a whole em, most of the others this much of it.
WIDE, NARROW, USUAL = 1.02, 0.34, 0.6
SLIM = frozenset("iljtfr.,:;'!|()[] ·")


def clean(text: str) -> str:
    """On one line, without control characters and marks that nobody sees."""
    spaced = " ".join(text.split())
    return "".join(letter for letter in spaced if unicodedata.category(letter) not in UNFIT)


def fitted(text: str, size: float, width: float) -> str:
    """As much of the text as fits in so many pixels, by the usual width of its letters."""
    if _width(text) * size <= width:
        return text
    room = width / size - 1.0
    kept = ""
    for letter in text:
        room -= _width(letter)
        if room < 0:
            break
        kept += letter
    return kept.rstrip() + "…"


def _width(text: str) -> float:
    return sum(_letter(each) for each in text)


def _letter(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return WIDE
    if unicodedata.combining(letter):
        return 0.0
    return NARROW if letter in SLIM else USUAL + 0.14 * letter.isupper()


def number(value: float) -> str:
    """To a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """`content` is markup. A trailing underscore is left out of names, others become hyphens."""
    said = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def _value(value: object) -> str:
    return number(value) if isinstance(value, (int, float)) else escape(str(value))


def words(text: str, x: float, y: float, look: str, *, anchor: str = "start") -> str:
    return element("text", escape(clean(text)), x=x, y=y, class_=look, text_anchor=anchor)


def box(x: float, y: float, width: float, height: float, look: str, *, round_: float = 0) -> str:
    corners: dict[str, object] = {"rx": round_} if round_ else {}
    said = {"x": x, "y": y, "width": width, "height": height, "class_": look, **corners}
    return element("rect", **said)


def group(parts: Iterable[str], title: str = "") -> str:
    told = element("title", escape(clean(title))) if title else ""
    return element("g", told + "".join(parts))
