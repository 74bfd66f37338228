"""Letters: what one looks like as text and as HTML, from one template each. The mailer renders, domains define them.

A letter is a frozen dataclass; its template is `templates/<class_name>.jinja`, written once with the macros of
`text.jinja` and `html.jinja`, so that both forms always say the same.
"""

import re
import textwrap
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
WIDTH = 72
LONGEST_NAME = 60

# Somebody may register a stranger's address under the "name" of a web page: such a name is not repeated in a mail.
_SUSPICIOUS = re.compile(r"[:/@\\<>]|\w\.\w")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Values are put on one line: nobody's name can add a paragraph, or a header."""

    #: What people may refuse to get; letters about the account itself have none and are always sent.
    refusable_as: ClassVar[str] = ""
    subject: ClassVar[str]

    name: str

    @classmethod
    def template(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(letter: Letter) -> Rendered:
    values = {name: one_line(value) if isinstance(value, str) else value for name, value in asdict(letter).items()}
    values |= {"name": greeting_name(letter.name), "subject": one_line(letter.subject)}
    return Rendered(
        subject=values["subject"],
        text=_written(letter, values, "text").strip() + "\n",
        html=_written(letter, values, "html").strip() + "\n",
    )


def one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def greeting_name(name: str) -> str:
    name = one_line(name)
    return "there" if not name or len(name) > LONGEST_NAME or not is_harmless(name) else name


def is_harmless(words: str) -> bool:
    """Whether nobody could take these words for an address to follow."""
    return not _SUSPICIOUS.search(words)


def _written(letter: Letter, values: dict[str, Any], form: str) -> str:
    return _environment(form).get_template(f"{letter.template()}.jinja").render(form=f"{form}.jinja", **values)


@cache
def _environment(form: str) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=form == "html",  # noqa: S701 - plain text must not be escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["flow"] = _flow
    return environment


def _flow(text: str) -> str:
    """One paragraph of plain text, wrapped; a link is never broken."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)
