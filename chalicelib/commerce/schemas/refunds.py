"""Refunds: what is to be given back, and how far that is."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import ids, money
from chalicelib.catalog.schemas.fields import COURSE, HIGHEST_PRICE, Price, also, minor
from chalicelib.commerce.products import PREMIUM
from chalicelib.commerce.records import Refund
from chalicelib.commerce.refunds import Reason, Wish
from chalicelib.commerce.schemas.orders import ORDER
from chalicelib.table.acts import SYSTEM
from chalicelib.web.reading import In, Out

REFUND = f"rfd_1-{ORDER.removeprefix('ord_')}"
Line = Annotated[str, Field(pattern=rf"^(crs_{ids.ULID}|{PREMIUM})$")]


class RefundIn(In):
    """All of the order, where no courses are named. The reason is one of a list: no words about people are kept.

    Only administrators say how much: `amount` ("5.00") or `amount_minor` (500), of the named courses or of the order.
    """

    model_config = ConfigDict(json_schema_extra=example(reason="changed_my_mind"))

    course_ids: Annotated[
        list[Line], also("course_ids", "courses", "items", "lines"), Field(min_length=1, max_length=10)
    ] = Field(default_factory=list)
    amount: Price | None = None
    amount_minor: Annotated[int, Field(strict=True, ge=1, le=10 * HIGHEST_PRICE)] | None = None
    reason: Reason = "other"

    @model_validator(mode="after")
    def _says_one_amount(self) -> "RefundIn":
        said = None if self.amount is None else minor(self.amount)
        if said == 0:
            raise ValueError("amount must be more than nothing")
        if None not in (said, self.amount_minor) and said != self.amount_minor:
            raise ValueError("amount and amount_minor say different things")
        return self

    @property
    def wish(self) -> Wish:
        amount = self.amount_minor if self.amount is None else minor(self.amount)
        return Wish(self.reason, tuple(self.course_ids), amount)


class RefundItemOut(Out):
    id: str
    amount: str
    amount_minor: int


class RefundOut(Out):
    """`requested` until Stripe has answered, then `succeeded` or `failed`; the bank may take some days more."""

    model_config = ConfigDict(
        json_schema_extra=example(
            id=REFUND,
            order_id=ORDER,
            status="requested",
            amount="19.99",
            amount_minor=1999,
            currency="USD",
            money={"amount_minor": 1999, "currency": "USD"},
            items=[{"id": COURSE, "amount": "19.99", "amount_minor": 1999}],
            reason="changed_my_mind",
            asked_by="buyer",
            created_at="2026-11-21T09:00:00Z",
            done_at=None,
        )
    )

    id: str
    order_id: str
    status: Annotated[str, Field(description="`requested`, `succeeded` or `failed`")]
    amount: str
    amount_minor: int
    currency: str
    money: dict[str, Any]
    items: list[RefundItemOut]
    reason: Annotated[
        str, Field(description="As it was asked for, or `undeliverable` where we gave it back ourselves.")
    ]
    asked_by: Annotated[str, Field(description="`buyer`, `administrator` or `platform`")]
    created_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, result: Any) -> "RefundOut":
        """From a refund, or from what asking for one returns."""
        refund: Refund = getattr(result, "refund", result)
        amount = int(refund.amount_minor)
        return cls(
            id=refund.id,
            order_id=refund.order_id,
            status=refund.status,
            amount=money.decimal(amount),
            amount_minor=amount,
            currency=refund.currency,
            money={"amount_minor": amount, "currency": refund.currency},
            items=[
                RefundItemOut(id=line, amount=money.decimal(part), amount_minor=part)
                for line, part in refund.lines.items()
            ],
            reason=refund.reason,
            asked_by=_asker(refund),
            created_at=refund.created_at,
            done_at=refund.done_at,
        )


def _asker(refund: Refund) -> str:
    """What was undeliverable was asked for by whoever brought the news of the payment."""
    if refund.asked_by == SYSTEM or refund.reason == "undeliverable":
        return "platform"
    return "buyer" if refund.asked_by == refund.user_id else "administrator"
