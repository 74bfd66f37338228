"""The cart: what is put in, and how it is shown with its present prices."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import money
from chalicelib.catalog.schemas.courses import MoneyOut
from chalicelib.catalog.schemas.fields import COURSE, PERSON, CourseId, also
from chalicelib.commerce import couponing, products, quotes
from chalicelib.commerce.carts import Shown
from chalicelib.commerce.coupons import CODE
from chalicelib.commerce.quotes import Line, Quote
from chalicelib.web.reading import In, Out


class CartItemIn(In):
    """A course or a product of ours, one of the two. Prices are never taken from a body."""

    model_config = ConfigDict(json_schema_extra=example(course_id=COURSE))

    course_id: Annotated[CourseId, also("course_id", "course")] = ""
    product: Annotated[Literal["premium", ""], Field(json_schema_extra={"enum": ["premium"]})] = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "CartItemIn":
        if bool(self.course_id) == bool(self.product):
            raise ValueError("send course_id or product")
        return self

    @property
    def line(self) -> str:
        return self.course_id or products.BY_NAME[self.product]


class CodeIn(In):
    model_config = ConfigDict(json_schema_extra=example(code="EARLY-BIRD"))

    code: Annotated[str, Field(pattern=f"^{CODE}$", description="In any case.")]


class PriceChangeOut(Out):
    """What it cost when it was put in, and what it costs now."""

    before: str
    before_minor: int
    now: str
    now_minor: int


class ReasonOut(Out):
    code: str
    message: str


def _reason(word: str | None, messages: Any) -> ReasonOut | None:
    return None if word is None else ReasonOut(code=word, message=messages[word])


_ITEM: Any = {
    "id": COURSE,
    "course_id": COURSE,
    "product": None,
    "title": "Counting with animals",
    "slug": "counting-with-animals",
    "instructor_id": PERSON,
    "price": "19.99",
    "price_minor": 1999,
    "currency": "USD",
    "money": {"amount_minor": 1999, "currency": "USD"},
    "discount": "2.00",
    "discount_minor": 200,
    "total": "17.99",
    "total_minor": 1799,
    "price_changed": {"before": "24.99", "before_minor": 2499, "now": "19.99", "now_minor": 1999},
    "unavailable": None,
    "added_at": "2026-11-21T08:00:00Z",
}
_CART: Any = {
    "id": PERSON.replace("usr_", "crt_own-"),
    "items": [_ITEM],
    "count": 1,
    "currency": "USD",
    "subtotal": "19.99",
    "subtotal_minor": 1999,
    "discount": "2.00",
    "discount_minor": 200,
    "total": "17.99",
    "total_minor": 1799,
    "money": {"amount_minor": 1799, "currency": "USD"},
    "coupon": {"code": "EARLY-BIRD", "applies": True, "refusal": None},
    "open_order_id": None,
    "updated_at": "2026-11-21T08:00:00Z",
}


class CartItemOut(Out):
    """`price` is the present one. What is `unavailable` is not part of the totals."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    id: str
    course_id: str | None
    product: str | None
    title: str
    slug: str | None
    instructor_id: str | None
    price: str
    price_minor: int
    currency: str
    money: MoneyOut
    discount: str
    discount_minor: int
    total: str
    total_minor: int
    price_changed: PriceChangeOut | None
    unavailable: ReasonOut | None
    added_at: datetime

    @classmethod
    def of(cls, result: Any) -> "CartItemOut":
        line: Line = result
        return cls(**_item(line))


def _item(line: Line) -> dict[str, Any]:
    is_ours = products.is_product(line.id)
    return {
        "id": line.id,
        "course_id": None if is_ours else line.id,
        "product": line.id.removeprefix("prd_") if is_ours else None,
        "title": line.title,
        "slug": line.slug,
        "instructor_id": line.instructor_id,
        **money.told(line.price_minor, line.currency),
        **_told("discount", line.discount_minor),
        **_told("total", line.total_minor),
        "price_changed": _price_change(line),
        "unavailable": _reason(line.unavailable, quotes.UNAVAILABLE),
        "added_at": line.added_at,
    }


def _told(name: str, minor: int) -> dict[str, Any]:
    return {name: money.decimal(minor), f"{name}_minor": minor}


def _price_change(line: Line) -> PriceChangeOut | None:
    if line.before_minor == line.price_minor:
        return None
    return PriceChangeOut(**_told("before", line.before_minor), **_told("now", line.price_minor))


class CouponOnCartOut(Out):
    """`refusal` says why the code takes nothing off at the moment."""

    code: str
    applies: bool
    refusal: ReasonOut | None


class CartOut(Out):
    """Everything at its present price. An empty cart has no currency.

    `open_order_id` is an unpaid order that was made of this cart; the next order takes its place.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_CART]})

    id: str
    items: list[CartItemOut]
    count: int
    currency: str | None
    subtotal: str
    subtotal_minor: int
    discount: str
    discount_minor: int
    total: str
    total_minor: int
    money: MoneyOut | None
    coupon: CouponOnCartOut | None
    open_order_id: str | None
    updated_at: datetime | None

    @classmethod
    def of(cls, result: Any) -> "CartOut":
        shown: Shown = result
        quote = shown.quote
        items = [CartItemOut.of(line) for line in quote.lines] if quote else []
        return cls(
            id=shown.id,
            items=items,
            count=len(items),
            currency=quote.currency if quote else None,
            **_told("subtotal", quote.subtotal_minor if quote else 0),
            **_told("discount", quote.discount_minor if quote else 0),
            **_told("total", quote.total_minor if quote else 0),
            money=MoneyOut(amount_minor=quote.total_minor, currency=quote.currency) if quote else None,
            coupon=_coupon(shown.cart.coupon, quote),
            open_order_id=quote.open_order if quote else None,
            updated_at=shown.cart.updated_at,
        )


def _coupon(code: str | None, quote: Quote | None) -> CouponOnCartOut | None:
    if code is None:
        return None
    word = quote.coupon_refusal if quote else "for_nothing_here"
    return CouponOnCartOut(code=code, applies=word is None, refusal=_reason(word, couponing.REFUSALS))


class CartAddedOut(CartItemOut):
    """What was put in, and the cart that it is in now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM | {"cart": _CART}]})

    cart: CartOut

    @classmethod
    def of(cls, result: Any) -> "CartAddedOut":
        shown: Shown = result
        return cls(**_item(shown.added), cart=CartOut.of(shown))
