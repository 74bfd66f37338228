"""Amounts as people read them. Money is whole hundredths and a currency; every currency we take has hundredths."""

from typing import Any


def decimal(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def told(minor: int, currency: str) -> dict[str, Any]:
    """A price in the ways in which answers say it."""
    return {
        "price": decimal(minor),
        "price_minor": minor,
        "currency": currency,
        "money": {"amount_minor": minor, "currency": currency},
    }
