"""Receipts: where their papers lie, lending one by a signed link, and the code by which anybody checks one.

The papers lie beside those of certificates, under a prefix of their own. A paper shows the order in one state; where
money goes back a new one is made, and the old one is lent no more.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from chalicelib import aws, keyring
from chalicelib.commerce import ids, states
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.records import Order, Receipt
from chalicelib.commerce.states import Status
from chalicelib.errors import Conflict, NotFound
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act

LENT = timedelta(minutes=5)
PREFIX = "receipts/"
#: As many as S3 deletes in one call.
AT_ONCE = 1000
#: Characters of a signature that a code carries, of six bits each: what follows a name in a path is not long.
SIGNED = 24


class OrderUnpaid(Conflict):
    """There is a receipt once the order is paid."""


class ReceiptNotPrinted(Conflict):
    """The receipt is being made; try again in a few seconds."""


class ReceiptsLeft(RuntimeError):
    """Some papers could not be deleted; whoever wants them gone tries again."""


class ReceiptUnknown(NotFound):
    """We know no such receipt. Look whether every letter of the code is right."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that opens the paper for whoever has it, for a few minutes."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What a stranger with a paper in hand is told: whether it is ours, and what is true of the order now."""

    number: str
    paid_at: datetime
    status: Status
    currency: str
    total_minor: int
    returned_minor: int


def number_of(order: Order) -> str:
    """What people call it: the id without whose it is."""
    place = ids.ordered(order.id)
    return place.order if place else order.id


def lend(act: Act, order_id: str) -> Link:
    """The paper of an order of the caller's, as the order is now. One trip."""
    place = ids.ordered(order_id)
    if place is None or place.user != act.actor:
        act.read(())  # Whoever may not act any more is told that first.
        raise OrderUnknown
    found = act.read([keys.order(*place), keys.receipt(*place)])
    order, receipt = found.get(keys.order(*place)), found.get(keys.receipt(*place))
    if not isinstance(order, Order):
        raise OrderUnknown
    if not states.is_paid(order):
        raise OrderUnpaid(retry_after=5)
    if not isinstance(receipt, Receipt) or not shows(receipt, order):
        raise ReceiptNotPrinted(retry_after=3)
    return _link(order, receipt, act.now)


def shows(receipt: Receipt, order: Order) -> bool:
    """Whether the paper says of the money what is true now."""
    return bool(receipt.returned == order.allotted)


def _link(order: Order, receipt: Receipt, now: datetime) -> Link:
    wanted = {
        "Bucket": settings.certificates_bucket,
        "Key": place(order, int(receipt.order_ver)),
        "ResponseContentType": "application/pdf",
        "ResponseContentDisposition": f'attachment; filename="receipt-{number_of(order)}.pdf"',
        "ResponseCacheControl": "private, no-store",
    }
    url = aws.client("s3").generate_presigned_url("get_object", Params=wanted, ExpiresIn=int(LENT.total_seconds()))
    return Link(url, now + LENT)


def place(order: Order, ver: int) -> str:
    return f"{PREFIX}{order.user_id}/{number_of(order)}/{ver}.pdf"


def clear(order: Order, versions: Iterable[int]) -> None:
    """These papers of an order are gone, whether they were there or not."""
    _clear(place(order, ver) for ver in versions)


def clear_all(orders: Iterable[Order]) -> None:
    """Every paper that was ever printed of these orders, a thousand in a call: somebody may have bought much."""
    _clear(place(order, ver) for order in orders for ver in range(1, int(order.ver) + 1))


def _clear(places: Iterable[str]) -> None:
    rest = iter(places)
    while some := [{"Key": each} for each in islice(rest, AT_ONCE)]:
        wanted = {"Objects": some, "Quiet": True}
        answer = aws.client("s3").delete_objects(Bucket=settings.certificates_bucket, Delete=wanted)
        if answer.get("Errors"):
            raise ReceiptsLeft(answer["Errors"][0].get("Code"))


def check_address(order_id: str) -> str:
    """Where whoever has the paper sees whether it is real; the QR code on it leads there."""
    return f"{settings.public_url}/api/v1/receipts/{code_of(order_id)}"


def code_of(order_id: str) -> str:
    """Nobody can make one up. It holds for years, whichever key has signed it."""
    return f"{order_id.removeprefix('ord_')}.{_signature(order_id, keyring.keys().current)}"


def _signature(order_id: str, kid: str) -> str:
    made = keyring.keys().signed_with(kid, keyring.LASTING, f"receipt|{order_id}") or ""
    return made[:SIGNED]


def _proves(order_id: str, signature: str) -> bool:
    said, ring = signature.encode("utf-8", "replace"), keyring.keys()
    made = [_signature(order_id, kid) for kid in (*ring.masters, *ring.lasting)]
    return len(signature) == SIGNED and any(hmac.compare_digest(each.encode(), said) for each in made)


def check(code: str) -> Checked:
    """One trip for a code that is ours, none for others."""
    name, _, signature = code.partition(".")
    where = ids.ordered(f"ord_{name}")
    if where is None or not _proves(f"ord_{name}", signature):
        raise ReceiptUnknown
    order = reads.one(Order, keys.order(*where))
    if order is None or not states.is_paid(order):
        raise ReceiptUnknown
    return Checked(
        number=number_of(order),
        paid_at=order.paid_at,
        status=states.status(order),
        currency=order.currency,
        total_minor=int(order.total_minor),
        returned_minor=states.returned(order),
    )
