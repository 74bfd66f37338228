"""Orders: what was bought, at what price, and what has become of it."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import money
from chalicelib.catalog.schemas.courses import MoneyOut
from chalicelib.catalog.schemas.fields import COURSE, PERSON, minor
from chalicelib.commerce import products, states
from chalicelib.commerce.records import Order
from chalicelib.commerce.states import Status
from chalicelib.web.reading import CursorPaged, In, Out
from chalicelib.web.routes import BASE

ORDER = f"ord_{COURSE.removeprefix('crs_')}-{PERSON.removeprefix('usr_')}"
#: Ten of the dearest courses.
HIGHEST_TOTAL = 999_999_990
_TOTAL = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")
_TOTAL_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": r"^\d{1,7}(\.\d{1,2})?$"}, {"type": "number", "minimum": 0}],
    "examples": ["19.99"],
}


def _total(value: Any) -> str:
    text = "" if isinstance(value, bool) else str(value)
    if not _TOTAL.fullmatch(text):
        raise ValueError("must be an amount like 19.99, with at most two decimals and seven digits before them")
    return text


class OrderIn(In):
    """What the buyer has seen: the order is refused where its total is another one. Prices come from the cart alone.

    The total is `expected_total` ("19.99") or `expected_total_minor` (1999).
    """

    model_config = ConfigDict(json_schema_extra=example(expected_total="19.99"))

    expected_total: Annotated[str, BeforeValidator(_total), WithJsonSchema(_TOTAL_SCHEMA)] | None = None
    expected_total_minor: Annotated[int, Field(strict=True, ge=0, le=HIGHEST_TOTAL)] | None = None

    @model_validator(mode="after")
    def _says_one_total(self) -> "OrderIn":
        said = {minor(self.expected_total)} if self.expected_total is not None else set()
        if len(said | ({self.expected_total_minor} - {None})) > 1:
            raise ValueError("expected_total and expected_total_minor say different things")
        return self

    @property
    def expected_minor(self) -> int | None:
        return self.expected_total_minor if self.expected_total is None else minor(self.expected_total)


class OrdersQuery(CursorPaged):
    status: Annotated[Status | None, Field(description="Those of this status only.")] = None


class OrderItemOut(Out):
    """A course or a product of ours. `refunded` is what was given back of it; `closed` says that it cannot be used."""

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
    refunded: str
    refunded_minor: int
    closed: bool


class OrderLinksOut(Out):
    """What can be done now, and where. `null` where it cannot."""

    self: str
    pay: str | None
    cancel: str | None
    refund: str | None
    receipt: str | None


class OrderOut(Out):
    """Every amount is there twice: as people read it, and in hundredths.

    Until `expires_at` the price is held, and with it seats and the use of the code. An order whose payment was begun
    stays `pending` beyond that until Stripe has been asked, without `links.pay`. `refundable` is what could still be
    given back.
    """

    model_config = ConfigDict(
        json_schema_extra=example(
            id=ORDER,
            status="paid",
            created_at="2026-11-21T08:00:00Z",
            expires_at=None,
            paid_at="2026-11-21T08:02:00Z",
            ended_at=None,
            items=[
                {
                    "id": COURSE,
                    "course_id": COURSE,
                    "product": None,
                    "title": "Counting to ten",
                    "slug": "counting-to-ten",
                    "instructor_id": PERSON,
                    "price": "24.99",
                    "price_minor": 2499,
                    "currency": "USD",
                    "money": {"amount_minor": 2499, "currency": "USD"},
                    "discount": "5.00",
                    "discount_minor": 500,
                    "total": "19.99",
                    "total_minor": 1999,
                    "refunded": "0.00",
                    "refunded_minor": 0,
                    "closed": False,
                }
            ],
            currency="USD",
            subtotal="24.99",
            subtotal_minor=2499,
            discount="5.00",
            discount_minor=500,
            total="19.99",
            total_minor=1999,
            refunded="0.00",
            refunded_minor=0,
            refundable="19.99",
            refundable_minor=1999,
            money={"amount_minor": 1999, "currency": "USD"},
            coupon="SPRING",
            payment_intent_id="pi_3Q0example",
            declined=None,
            dispute="none",
            links={
                "self": f"/api/v1/orders/{ORDER}",
                "pay": None,
                "cancel": None,
                "refund": f"/api/v1/orders/{ORDER}/refunds",
                "receipt": f"/api/v1/orders/{ORDER}/receipt",
            },
        )
    )

    id: str
    status: Status
    created_at: datetime | None
    expires_at: Annotated[datetime | None, Field(description="Only while it is pending.")]
    paid_at: datetime | None
    ended_at: Annotated[datetime | None, Field(description="When it expired or was cancelled.")]
    items: list[OrderItemOut]
    currency: str
    subtotal: str
    subtotal_minor: int
    discount: str
    discount_minor: int
    total: str
    total_minor: int
    refunded: str
    refunded_minor: int
    refundable: str
    refundable_minor: int
    money: MoneyOut
    coupon: str | None
    payment_intent_id: Annotated[str | None, Field(description="As Stripe calls the payment, once there is one.")]
    declined: Annotated[str | None, Field(description="Why the bank said no the last time, in Stripe's word.")]
    dispute: Annotated[str, Field(description="`none`, `open`, `won` (by us) or `lost`")]
    links: OrderLinksOut

    @classmethod
    def of(cls, result: Any) -> "OrderOut":
        """From an order, or from whatever rules return that has one."""
        order: Order = getattr(result, "order", result)
        at: datetime | None = getattr(result, "at", None)
        status = states.status(order, at)
        return cls(
            id=order.id,
            status=status,
            created_at=order.created_at,
            expires_at=order.expires_at if status == "pending" else None,
            paid_at=order.paid_at,
            ended_at=_ended_at(order, status),
            items=[_item(order, line) for line in order.lines],
            currency=order.currency,
            **_amounts(
                subtotal=int(order.subtotal_minor),
                discount=int(order.discount_minor),
                total=int(order.total_minor),
                refunded=states.refunded(order),
                refundable=states.refundable(order),
            ),
            money=MoneyOut(amount_minor=int(order.total_minor), currency=order.currency),
            coupon=order.coupon,
            payment_intent_id=order.intent_id,
            declined=order.declined,
            dispute=order.dispute,
            links=_links(order, is_pending=status == "pending", is_open=at is None or at < order.expires_at),
        )


def _ended_at(order: Order, status: Status) -> datetime | None:
    """What expires does so when its time is up, whenever the clock comes by."""
    if status == "expired":
        return order.expires_at
    return order.ended_at if status == "cancelled" else None


def _amounts(**minors: int) -> dict[str, Any]:
    """Each as people read it, and in hundredths."""
    said = {name: money.decimal(amount) for name, amount in minors.items()}
    return said | {f"{name}_minor": amount for name, amount in minors.items()}


def _item(order: Order, line: dict[str, Any]) -> OrderItemOut:
    is_ours = products.is_product(line["id"])
    return OrderItemOut(
        id=line["id"],
        course_id=None if is_ours else line["id"],
        product=line["id"].removeprefix("prd_") if is_ours else None,
        title=line["title"],
        slug=line["slug"],
        instructor_id=line["instructor_id"],
        closed=line["id"] in order.closed,
        **money.told(line["price_minor"], order.currency),
        **_amounts(
            discount=line["discount_minor"],
            total=line["total_minor"],
            refunded=order.allotted.get(line["id"], 0),
        ),
    )


def _links(order: Order, *, is_pending: bool, is_open: bool) -> OrderLinksOut:
    place = f"{BASE}/orders/{order.id}"
    return OrderLinksOut(
        self=place,
        pay=f"{BASE}/payments/create-payment-intent" if is_pending and is_open else None,
        cancel=f"{place}/cancel" if is_pending else None,
        refund=f"{place}/refunds" if states.refundable(order) else None,
        receipt=f"{place}/receipt" if states.is_paid(order) else None,
    )
