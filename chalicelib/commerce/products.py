"""What we sell beside courses: the premium tier. Carts and orders name it by an id, as they name courses."""

from dataclasses import dataclass

from chalicelib.settings import settings

PREMIUM = "prd_premium"
#: What clients call them.
BY_NAME = {"premium": PREMIUM}


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    title: str
    price_minor: int
    currency: str


def is_product(line: str) -> bool:
    return line.startswith("prd_")


def product(line: str) -> Product | None:
    """None for what we do not sell."""
    if line != PREMIUM:
        return None
    return Product(PREMIUM, "Premium tier", settings.premium_price_minor, settings.currency)
