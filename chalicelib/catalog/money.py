"""Amounts as people read them. Money is whole hundredths and a currency; every currency we take has hundredths."""

from typing import Any


def decimal(minor: int) -> str:
    whole, hundredths = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole}.{hundredths:02d}"


def told(minor: int, currency: str) -> dict[str, Any]:
    """A price in the ways in which answers say it."""
    return {
        "price": decimal(minor),
        "price_minor": minor,
        "currency": currency,
        "money": {"amount_minor": minor, "currency": currency},
    }
