"""Orders out of the cart: making one, looking at them, giving one up."""

from chalicelib.accounts.verification import AddressUnverified
from chalicelib.commerce import looking, orders, placing
from chalicelib.commerce.looking import OrderPaid
from chalicelib.commerce.orders import Seen
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.placing import CartEmpty, LineUnavailable, TotalChanged, TotalTooLarge, TotalTooSmall
from chalicelib.commerce.records import Order
from chalicelib.commerce.schemas.orders import OrderIn, OrderOut, OrdersQuery
from chalicelib.commerce.stripe_gateway import PaymentsUnavailable, PaymentUndecided
from chalicelib.table.pages import Page
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Orders")


@routes.post(
    "/orders/create-from-cart",
    policy=signed_in,
    gives=OrderOut,
    status=201,
    repeats=200,
    standing="joined",
    errors=(
        AddressUnverified,
        CartEmpty,
        LineUnavailable,
        TotalChanged,
        TotalTooSmall,
        TotalTooLarge,
        PaymentUndecided,
        PaymentsUnavailable,
    ),
    location="/api/v1/orders/{id}",
)
def create_order(ask: Ask[OrderIn, None]) -> Reply:
    """Order what is in the cart

    The same cart is one order, however often this is asked: a repeat gets it with 200. Prices, seats and the use of a
    code are held for half an hour; an older order that is still unpaid is cancelled. So is that of the same cart where
    prices have fallen and the lower total is expected. What costs nothing is bought at once.
    """
    placed = placing.place(ask.act, ask.body.expected_minor)
    return Reply(placed, repeated=not placed.is_new)


@routes.get("/orders", policy=signed_in, lists=OrderOut, standing="offered")
def list_orders(ask: Ask[None, OrdersQuery]) -> Page[Seen]:
    """Your orders, newest first"""
    return orders.listed(ask.act, ask.query.status, size=ask.query.size, after=ask.query.cursor)


@routes.get("/orders/{order_id}", policy=signed_in, gives=OrderOut, standing="joined", errors=(OrderUnknown,))
def get_order(ask: Ask[None, None], order_id: str) -> Seen:
    """One order, and what has become of it"""
    return orders.seen(ask.act, order_id)


@routes.post(
    "/orders/{order_id}/cancel",
    policy=signed_in,
    gives=OrderOut,
    standing="joined",
    errors=(OrderUnknown, OrderPaid, PaymentUndecided, PaymentsUnavailable),
)
def cancel_order(ask: Ask[None, None], order_id: str) -> Order:
    """Give up an order that is not paid

    Its payment is cancelled first, and where that has just succeeded, the order is paid and this is refused. Doing so
    again changes nothing.
    """
    return looking.cancel(ask.act, order_id)
