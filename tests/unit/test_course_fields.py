"""Readable names, and amounts of money as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chalicelib.catalog import slugs
from chalicelib.catalog.money import decimal
from chalicelib.catalog.schemas.fields import HIGHEST_PRICE, Price, Slug, minor

PRICE: TypeAdapter[str] = TypeAdapter(Price)
SLUG: TypeAdapter[str] = TypeAdapter(Slug)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Counting with animals", "counting-with-animals"),
        ("  Zählen & Messen!  ", "zahlen-messen"),
        ("C++ in 24 h", "c-in-24-h"),
        ("गिनती", "course"),
        ("—", "course"),
        ("a" * 200, "a" * 80),
    ],
)
def test_a_title_becomes_a_readable_name(title: str, slug: str) -> None:
    assert slugs.slug_of(title, "course") == slug


@given(st.text(max_size=200))
def test_every_title_becomes_a_name_that_a_body_may_send_back(title: str) -> None:
    slug = slugs.slug_of(title, "course")
    distinguished = slugs.distinguished(slug, "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F")
    assert SLUG.validate_python(slug) == slug
    assert SLUG.validate_python(distinguished) == distinguished


@pytest.mark.row("X55")
@pytest.mark.parametrize(
    ("said", "hundredths"),
    [("19.99", 1999), (19.99, 1999), (20, 2000), ("20.5", 2050), ("0", 0), ("0.01", 1), ("999999.99", HIGHEST_PRICE)],
)
def test_an_amount_is_exact_whether_sent_as_text_or_as_a_number(said: object, hundredths: int) -> None:
    assert minor(PRICE.validate_python(said)) == hundredths


@pytest.mark.parametrize(
    "said", ["", "free", "-1", -1, "1.999", 0.001, 1e-9, 1e20, "1e3", "1000000", True, None, [], "１", "1.", ".5", " 1"]
)
def test_what_is_no_amount_is_refused(said: object) -> None:
    with pytest.raises(ValidationError):
        PRICE.validate_python(said)


@given(st.integers(0, HIGHEST_PRICE))
def test_every_price_reads_back_as_it_was_written(hundredths: int) -> None:
    assert minor(PRICE.validate_python(decimal(hundredths))) == hundredths
