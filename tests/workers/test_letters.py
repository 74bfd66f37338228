"""Every letter as text and as HTML, and what a stranger's name cannot do to it."""

from dataclasses import MISSING, fields
from html.parser import HTMLParser

import pytest

from chalicelib import reactions
from chalicelib.accounts import letters as accounts
from chalicelib.messaging import letters
from chalicelib.messaging.letters import Letter

assert reactions.REACTIONS  # Importing it has declared the letters of every domain.
LETTERS = sorted(Letter.__subclasses__(), key=lambda kind: kind.__name__)
LINK = "https://learn.example/api/v1/auth/email/verify?token=mtk_1.aBc-d_e"


def sample(kind: type[Letter], **values: object) -> Letter:
    made: dict[str, object] = {
        field.name: 24 if field.type is int else LINK if field.name in ("link", "unsubscribe") else "21 November 2026"
        for field in fields(kind)
        if field.default is MISSING
    }
    return kind(**{**made, "name": "Ada Lovelace", **values})  # type: ignore[arg-type]


class Balanced(HTMLParser):
    """Fails at a tag that closes another than the last one opened."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += [] if self.open and self.open[-1] == "style" else data.split()


@pytest.mark.parametrize("kind", LETTERS, ids=lambda kind: kind.__name__)
def test_a_letter_says_the_same_as_text_and_as_html(kind: type[Letter]) -> None:
    rendered = letters.render(sample(kind))
    page = Balanced()
    page.feed(rendered.html)
    assert page.open == []
    assert not any(sign in rendered.subject + rendered.text for sign in ("{{", "{%", "}}", "&#", "&amp;", "None"))
    assert "Hello Ada Lovelace," in rendered.text
    body = rendered.text.partition("\n-- \n")[0].partition("Warm regards")[0]
    said = " ".join(page.words)
    assert all(word in said for word in body.replace(":\n", " ").split())
    assert max(len(line) for line in rendered.text.splitlines() if "http" not in line) <= letters.WIDTH


@pytest.mark.parametrize(
    "kind", [kind for kind in LETTERS if "link" in kind.__annotations__], ids=lambda kind: kind.__name__
)
def test_a_button_that_leads_nowhere_is_left_out(kind: type[Letter]) -> None:
    rendered = letters.render(sample(kind, link=""))
    assert 'href=""' not in rendered.html
    assert 'class="button" href' not in rendered.html
    assert len(rendered.text.splitlines()) <= len(letters.render(sample(kind)).text.splitlines()) - 3


@pytest.mark.parametrize("kind", LETTERS, ids=lambda kind: kind.__name__)
def test_a_subject_is_short_and_one_line(kind: type[Letter]) -> None:
    assert 0 < len(kind.subject) <= 60
    assert kind.subject.isprintable()


def test_every_template_belongs_to_a_letter() -> None:
    written = {path.stem for path in letters.TEMPLATES.glob("*.jinja")} - {"text", "html"}
    assert written == {kind.template() for kind in LETTERS}


def test_a_link_stands_unbroken_in_both_forms() -> None:
    rendered = letters.render(sample(accounts.VerifyAddress))
    assert f"\n{LINK}\n" in rendered.text
    assert f'href="{LINK}"' in rendered.html


def test_only_letters_that_may_be_refused_offer_to_stop() -> None:
    offering = {kind for kind in LETTERS if "No more mail of this kind" in letters.render(sample(kind)).text}
    assert offering == {kind for kind in LETTERS if kind.refusable_as} >= {accounts.Welcome}


def test_a_name_cannot_add_lines_or_markup() -> None:
    rendered = letters.render(sample(accounts.PasswordChanged, name="Eve\r\nBcc: all\r\n\r\nYour account"))
    assert "Bcc" not in rendered.text  # a colon makes a name suspicious
    rendered = letters.render(sample(accounts.PasswordChanged, name="Eve\r\n\r\nYou won a prize"))
    assert "Hello Eve You won a prize," in rendered.text
    assert "<b>" not in letters.render(sample(accounts.PasswordChanged, name="<b>Eve")).html
    assert "Tom &amp; Eve" in letters.render(sample(accounts.PasswordChanged, name="Tom & Eve")).html


@pytest.mark.parametrize("name", ["", "   ", "Visit evil.example now", "http://evil.example", "x" * 61])
def test_a_name_that_looks_like_an_advertisement_is_not_repeated(name: str) -> None:
    assert letters.greeting_name(name) == "there"


@pytest.mark.parametrize("name", ["Ada Lovelace", "J. R. R. Tolkien", "Åsa O'Brien-Łuk", "राम", "李小龙"])
def test_people_are_called_by_their_names(name: str) -> None:
    assert letters.greeting_name(name) == name
