"""The cart: looking into it, putting in, taking out, and a code for less."""

from chalicelib.catalog.courses import CourseUnknown
from chalicelib.commerce import carts
from chalicelib.commerce.carts import (
    AlreadyYours,
    CartFull,
    CostsNothing,
    CouponRefused,
    NotInCart,
    OneCurrency,
    OwnCourse,
    Shown,
)
from chalicelib.commerce.schemas.carts import CartAddedOut, CartItemIn, CartOut, CodeIn
from chalicelib.learning.enrollments import SoldOut
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Cart")


@routes.get("/cart", policy=signed_in, gives=CartOut)
def get_cart(ask: Ask[None, None]) -> Shown:
    """Your cart

    It is kept until it is bought or emptied. Everything is shown at its present price; `price_changed` says where that
    is another one than when it was put in, and `unavailable` what cannot be bought any more.
    """
    return carts.shown(ask.act)


@routes.post(
    "/cart/items",
    policy=signed_in,
    gives=CartAddedOut,
    status=201,
    repeats=200,
    standing="joined",
    errors=(CourseUnknown, AlreadyYours, OwnCourse, CostsNothing, SoldOut, CartFull, OneCurrency),
    location="/api/v1/cart",
)
def add_to_cart(ask: Ask[CartItemIn, None]) -> Reply:
    """Put a course or the premium tier into the cart

    Prices come from the course alone. What is in already stays as it was, and answers 200.
    """
    shown = carts.add(ask.act, ask.body.line)
    return Reply(shown, repeated=not shown.is_new)


@routes.delete("/cart/items/{item_id}", policy=signed_in, gives=CartOut, standing="joined", errors=(NotInCart,))
def remove_from_cart(ask: Ask[None, None], item_id: str) -> Shown:
    """Take something out of the cart

    `item_id` is the id of the course, or that of the product.
    """
    return carts.remove(ask.act, item_id)


@routes.delete("/cart", policy=signed_in, standing="joined")
def clear_cart(ask: Ask[None, None]) -> None:
    """Empty the cart

    Its code goes too. An empty cart stays empty.
    """
    carts.clear(ask.act)


@routes.post("/cart/coupon", policy=signed_in, gives=CartOut, status=200, standing="joined", errors=(CouponRefused,))
def use_coupon(ask: Ask[CodeIn, None]) -> Shown:
    """Put a code on the cart

    One code at a time: another one takes its place. A code that does not hold is refused with the reason.
    """
    return carts.use_coupon(ask.act, ask.body.code.upper())


@routes.delete("/cart/coupon", policy=signed_in, gives=CartOut, standing="joined")
def drop_coupon(ask: Ask[None, None]) -> Shown:
    """Take the code off the cart"""
    return carts.drop_coupon(ask.act)
