"""The parts of certificates that touch nothing: codes, the signed document, the paper."""

import base64
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import keyring
from chalicelib.keyring import Keyring
from chalicelib.learning.certificates import codes, document, paper, typesetting
from chalicelib.learning.certificates.document import Sealed
from chalicelib.learning.certificates.paper import Certified

RING = Keyring("k1", {"k1": b"k" * 32})
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
SAYINGS = {"holder": "Meera Krishnamurthy", "course": "Gentle Statistics", "completed_on": "2026-11-20"}
CODE = "7F3K-9QXM-2WRA-D8TB-HN5C-V4EZ"


def sealed() -> Sealed:
    return document.seal(RING, CODE, SAYINGS, NOW, None)


@pytest.mark.row("B12")
def test_a_code_has_120_random_bits_in_groups_without_letters_that_look_alike() -> None:
    many = {codes.new() for _ in range(2_000)}
    assert len(many) == 2_000
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}", code) for code in many)
    assert len({code[place] for code in many for place in range(4)}) == 32


@given(st.sampled_from([str.lower, str.upper]), st.sampled_from(["", " ", "-", "."]))
def test_a_code_is_read_however_it_is_typed(case: Any, between: str) -> None:
    assert codes.read(case(CODE).replace("-", between).replace("0", "o")) == CODE


@given(st.text(max_size=60))
def test_what_is_no_code_is_none_or_reads_as_itself(text: str) -> None:
    found = codes.read(text)
    assert found is None or codes.read(found) == found


def test_the_document_has_one_text_whatever_the_order_of_its_names() -> None:
    assert document.canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'


@pytest.mark.row("B12")
def test_the_document_itself_names_nobody() -> None:
    text = document.canonical(sealed().document)
    assert SAYINGS["holder"] not in text
    assert SAYINGS["course"] not in text


@pytest.mark.row("B12")
def test_what_was_sealed_is_proven_after_a_journey_as_json() -> None:
    made = sealed()
    assert document.proven(RING, Sealed(**json.loads(json.dumps(vars_of(made)))))


def vars_of(made: Sealed) -> dict[str, Any]:
    return {name: getattr(made, name) for name in ("document", "disclosures", "key_id", "signature")}


@pytest.mark.row("B12")
@given(st.data())
def test_one_changed_character_anywhere_is_noticed(data: st.DataObject) -> None:
    made = sealed()
    text = document.canonical(vars_of(made))
    values = [match.span(1) for match in re.finditer(r'"([^"]+)"', text)]
    begin, end = data.draw(st.sampled_from(values))
    place = data.draw(st.integers(begin, end - 1))
    letter = data.draw(st.sampled_from("aZ9"))
    changed = json.loads(text[:place] + (letter if letter != text[place] else "x") + text[place + 1 :])
    if changed.keys() != vars_of(made).keys():
        return  # The envelope itself is misspelt: nothing that could be checked.
    assert not honest(changed)


def honest(values: dict[str, Any]) -> bool:
    try:
        return document.proven(RING, Sealed(**values))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


@pytest.mark.row("B12")
def test_what_is_held_back_does_not_break_the_signature() -> None:
    made = sealed()
    shown = document.shown(made.disclosures, {"holder"})
    assert "holder" not in document.values(shown)
    assert document.proven(RING, Sealed(made.document, shown, made.key_id, made.signature))


def test_a_disclosure_of_another_certificate_proves_nothing() -> None:
    made, other = sealed(), sealed()
    mixed = {**made.disclosures, "holder": other.disclosures["holder"]}
    assert not document.proven(RING, Sealed(made.document, mixed, made.key_id, made.signature))


def test_a_saying_that_was_never_signed_proves_nothing() -> None:
    made = sealed()
    more = {**made.disclosures, "grade": ["salt", "1.0"]}
    assert not document.proven(RING, Sealed(made.document, more, made.key_id, made.signature))


@pytest.mark.row("B12")
def test_a_certificate_outlives_the_key_that_signed_it_and_gives_nothing_else_of_it_away() -> None:
    made = sealed()
    old = base64.b64encode(b"k" * 32).decode()
    new = base64.b64encode(b"n" * 32).decode()
    ring = {"current": "k2", "keys": {"k2": new}, "lasting": {"k1": keyring.lasting_key(old)}}
    later = keyring.parse(json.dumps(ring))
    assert document.proven(later, made)
    assert later.key("k1", "mail") is None
    assert not later.proves("mail", "x", RING.signed("mail", "x"))


def test_an_unknown_key_proves_nothing() -> None:
    made = sealed()
    assert not document.proven(Keyring("k9", {"k9": b"z" * 32}), made)


def certified(**values: Any) -> Certified:
    defaults: dict[str, Any] = {
        "holder": "Meera Krishnamurthy",
        "course": "Gentle Statistics",
        "completed_on": date(2026, 11, 20),
        "instructor": "Ada Lovelace",
        "code": CODE,
        "address": f"https://api.learnflow.example/api/v1/certificates/verify/{CODE}",
    }
    return Certified(**{**defaults, **values})


@pytest.mark.row("M21")
def test_a_paper_is_one_page_of_landscape_a4_and_the_same_bytes_each_time() -> None:
    made = paper.drawn(certified())
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") == 1
    assert b"/MediaBox [ 0 0 841.89 595.28 ]" in made
    assert made == paper.drawn(certified())


@pytest.mark.row("M21")
def test_the_paper_links_to_the_page_that_checks_it() -> None:
    assert f"/URI (https://api.learnflow.example/api/v1/certificates/verify/{CODE})".encode() in paper.drawn(
        certified()
    )


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Żółć",
        "Ελένη Παπαδοπούλου",
        "श्रीमती विद्यार्थी",
        "محمد بن عبد الله",
        "田中 太郎",
        "김민준",
        "สมชาย ก็ดี",
        "כהן",
    ],
)
def test_a_name_in_any_common_script_is_drawn_whole(name: str) -> None:
    assert typesetting.drawable(name) == name
    assert paper.drawn(certified(holder=name, instructor=name))


def test_letters_that_no_font_has_are_left_out() -> None:
    assert typesetting.drawable("Ada \N{PARTY POPPER}") == "Ada"


def test_somebody_whose_name_cannot_be_drawn_has_a_paper_that_leads_to_the_page() -> None:
    assert text_of(certified(holder="\N{PARTY POPPER}")) == text_of(certified(holder=paper.NAMELESS))


def text_of(what: Certified) -> list[bytes]:
    """What is drawn, without the metadata."""
    return re.findall(rb"stream\r?\n(.*?)endstream", paper.drawn(what), re.DOTALL)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=160))
def test_no_name_is_wider_than_the_paper(name: str) -> None:
    text = typesetting.drawable(name)
    setting = typesetting.fit(text, typesetting.DISPLAY, paper.ROOM, 40, 24, 2)
    assert len(setting.lines) <= 2
    assert all(typesetting.width(line, typesetting.DISPLAY, setting.size) <= paper.ROOM for line in setting.lines)


def test_arabic_letters_are_joined_and_stand_from_right_to_left() -> None:
    (run,) = typesetting.runs("محمد", typesetting.SERIF)
    glyphs, _ = typesetting._shaped(run)
    alone = [typesetting._shaped(typesetting.Run(run.font, letter))[0][0].id for letter in "محمد"]
    assert [glyph.id for glyph in glyphs] != alone
    assert [glyph.id for glyph in glyphs] != alone[::-1]


def test_a_devanagari_vowel_moves_before_its_consonant() -> None:
    (run,) = typesetting.runs("कि", typesetting.SERIF)
    consonant = typesetting._shaped(typesetting.Run(run.font, "क"))[0][0].id
    assert typesetting._shaped(run)[0][-1].id == consonant
