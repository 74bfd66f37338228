"""What Stripe answers when it does not do what it was asked; every part of the stand-in raises these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"


@dataclass(eq=False)
class Refusal(Exception):
    """An error body and its status. `kept`: the endpoint had begun, so the answer belongs to the idempotency key."""

    status: int
    kind: str
    message: str
    code: str | None = None
    param: str | None = None
    kept: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code:
            error |= {"code": self.code, "doc_url": DOCS + self.code.replace("_", "-")}
        if self.param:
            error["param"] = self.param
        return {"error": error | dict(self.more)}


def invalid(message: str, code: str | None = None, param: str | None = None, **more: Any) -> Refusal:
    """The endpoint has begun and finds that this cannot be done."""
    return Refusal(400, "invalid_request_error", message, code, param, more=more)


def malformed(message: str, code: str | None = None, param: str | None = None) -> Refusal:
    """The parameters are wrong, so the endpoint never begins and no key remembers it."""
    return Refusal(400, "invalid_request_error", message, code, param, kept=False)


def missing(kind: str, id: str, param: str) -> Refusal:
    message = f"No such {kind}: '{id}'"
    return Refusal(404, "invalid_request_error", message, "resource_missing", param)


def unexpected_state(message: str, intent: Mapping[str, Any]) -> Refusal:
    return invalid(message, "payment_intent_unexpected_state", payment_intent=intent)


def unauthorized(message: str) -> Refusal:
    return Refusal(401, "invalid_request_error", message, kept=False)


def misused_key(message: str) -> Refusal:
    return Refusal(400, "idempotency_error", message, kept=False)


def key_in_use(key: str) -> Refusal:
    message = f"There is currently another in-progress request using this Idempotency-Key: {key}. Try again later."
    headers = (("Stripe-Should-Retry", "true"),)
    return Refusal(409, "idempotency_error", message, "idempotency_key_in_use", kept=False, headers=headers)


def broken(status: int, message: str, code: str | None = None, should_retry: bool | None = None) -> Refusal:
    """Stripe's own trouble: a 500 belongs to the key, what never reached the endpoint (429, 503) does not."""
    kind = "invalid_request_error" if status == 429 else "api_error"
    hint = () if should_retry is None else (("Stripe-Should-Retry", str(should_retry).lower()),)
    return Refusal(status, kind, message, code, kept=status == 500, headers=hint)
