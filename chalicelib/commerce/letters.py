"""The letters of commerce; their words are in `messaging/templates`, one file each. They are about somebody's money and
can not be refused.
"""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.messaging.letters import Letter


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of an order; `note` says what became of it, where it was not delivered."""

    title: str
    amount: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(Letter):
    subject: ClassVar[str] = "Thank you for your order"
    number: str
    total: str
    link: str
    lines: tuple[Bought, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MoneyReturned(Letter):
    subject: ClassVar[str] = "Your money is on its way back"
    number: str
    amount: str
    link: str
    lines: tuple[Bought, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RefundFailed(Letter):
    subject: ClassVar[str] = "A refund did not go through"
    number: str
    amount: str


@dataclass(frozen=True, kw_only=True)
class PaymentDeclined(Letter):
    subject: ClassVar[str] = "Your payment did not go through"
    number: str
    total: str
    until: str


@dataclass(frozen=True, kw_only=True)
class DisputeOpened(Letter):
    """To administrators."""

    subject: ClassVar[str] = "A payment is disputed"
    order: str
    payment: str
    amount: str
    total: str
