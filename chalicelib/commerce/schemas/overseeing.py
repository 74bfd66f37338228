"""Orders as administrators see them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import ids
from chalicelib.catalog.schemas.fields import PERSON, also
from chalicelib.commerce import unsettled
from chalicelib.commerce.orders import Seen
from chalicelib.commerce.schemas.orders import OrderOut
from chalicelib.commerce.states import Status
from chalicelib.web.reading import CursorPaged

_SHOWN: Any = OrderOut.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index]


class AdminOrdersQuery(CursorPaged):
    """Without a user: only orders that something is still open of, `pending` and `disputed` ones among them."""

    status: Annotated[Status | None, Field(description="Those of this status only.")] = None
    user: Annotated[str | None, Field(pattern=rf"^usr_{ids.ULID}$"), also("user", "user_id")] = None


class AdminOrderOut(OrderOut):
    """`looked_at_next` is when the clock asks Stripe about it, where something is open; `looks` how often in vain."""

    model_config = ConfigDict(
        json_schema_extra=example(**_SHOWN, user_id=PERSON, charge_id="ch_3Q0example", looked_at_next=None, looks=0)
    )

    user_id: str
    charge_id: str | None
    looked_at_next: datetime | None
    looks: int

    @classmethod
    def of(cls, result: Any) -> "AdminOrderOut":
        seen: Seen = result
        order = seen.order
        return cls(
            **dict(OrderOut.of(seen)),
            user_id=order.user_id,
            charge_id=order.charge_id,
            looked_at_next=unsettled.due_of(order),
            looks=int(order.looked),
        )
