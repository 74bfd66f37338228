"""Orders as administrators see them."""

from chalicelib.commerce import orders, overseeing
from chalicelib.commerce.orders import Seen
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.schemas.overseeing import AdminOrderOut, AdminOrdersQuery
from chalicelib.table.pages import Page
from chalicelib.web.policies import admin
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Administration")


@routes.get("/admin/orders", policy=admin, lists=AdminOrderOut)
def list_open_orders(ask: Ask[None, AdminOrdersQuery]) -> Page[Seen]:
    """Orders that something is open of, or those of a buyer

    Open are: unpaid and not over, refunded and not answered, disputed and not decided, paid or disputed and without
    Stripe's fee.
    """
    query = ask.query
    return overseeing.listed(ask.act, query.status, query.user, size=query.size, after=query.cursor)


@routes.get("/admin/orders/{order_id}", policy=admin, gives=AdminOrderOut, errors=(OrderUnknown,))
def get_any_order(ask: Ask[None, None], order_id: str) -> Seen:
    """Anybody's order"""
    return Seen(orders.known(order_id), ask.now)
