"""How numbers are rounded for people: one way for lessons, hours and money alike."""

from decimal import ROUND_HALF_UP, Decimal

_HUNDREDTH = Decimal("0.01")
_WHOLE = Decimal(100)


def percent(part: int | Decimal, whole: int | Decimal) -> Decimal:
    """How much of the whole the part is: half up, two decimals, never below 0 or above 100; of nothing, nothing."""
    if whole <= 0:
        return Decimal("0.00")
    share = _WHOLE * Decimal(part) / Decimal(whole)
    return min(max(share, Decimal(0)), _WHOLE).quantize(_HUNDREDTH, ROUND_HALF_UP)


def growth(before: int, after: int) -> Decimal | None:
    """By how many percent it has become more, or with a minus less; nothing where there was nothing before."""
    if before <= 0:
        return None
    return (_WHOLE * Decimal(after - before) / Decimal(before)).quantize(_HUNDREDTH, ROUND_HALF_UP)
