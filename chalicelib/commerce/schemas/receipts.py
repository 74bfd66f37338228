"""Receipts: the link to a paper, and what a stranger who checks one is told."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import money
from chalicelib.commerce.receipts import Checked, Link
from chalicelib.commerce.states import Status
from chalicelib.web.reading import Out


class ReceiptOut(Out):
    """A link that opens the PDF for whoever has it, for five minutes. Fetch it without your token."""

    url: str
    expires_at: datetime

    @classmethod
    def of(cls, result: Any) -> "ReceiptOut":
        link: Link = result
        return cls(url=link.url, expires_at=link.expires_at)


class CheckedReceiptOut(Out):
    """What is true of the order now. Neither who bought nor what is told."""

    model_config = ConfigDict(
        json_schema_extra=example(
            number="01JDZZZZZZZZZZZZZZZZZZZZZZ",
            status="paid",
            paid_at="2026-11-21T08:02:00Z",
            currency="USD",
            total="19.99",
            total_minor=1999,
            returned="0.00",
            returned_minor=0,
        )
    )

    number: str
    status: Status
    paid_at: datetime
    currency: str
    total: str
    total_minor: int
    returned: Annotated[str, Field(description="What was given back, or taken back by the buyer's bank.")]
    returned_minor: int

    @classmethod
    def of(cls, result: Any) -> "CheckedReceiptOut":
        checked: Checked = result
        return cls(
            number=checked.number,
            status=checked.status,
            paid_at=checked.paid_at,
            currency=checked.currency,
            total=money.decimal(checked.total_minor),
            total_minor=checked.total_minor,
            returned=money.decimal(checked.returned_minor),
            returned_minor=checked.returned_minor,
        )
