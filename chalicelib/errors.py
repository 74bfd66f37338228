"""What can go wrong, in the product's words. No HTTP: `web/problems.py` gives each kind its status.

A new error is a class beside the rule that raises it, derived from one of these kinds. Its code is its name, its
meaning its docstring.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field of the request."""

    field: str
    code: str
    message: str


class ProductError(Exception):
    """Something the caller can understand and perhaps mend."""

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail or (type(self).__doc__ or "").split("\n", 1)[0]
        self.errors = tuple(errors)
        self.retry_after = retry_after

    @classmethod
    def code(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Malformed(ProductError):
    """The request cannot be read."""


class Unauthenticated(ProductError):
    """The request does not say, credibly, who is asking."""


class PaymentRequired(ProductError):
    """This costs money that has not been paid."""


class Forbidden(ProductError):
    """You may not do this."""


class NotFound(ProductError):
    """There is no such thing, or none that you may see."""


class Conflict(ProductError):
    """The present state does not allow this."""


class Stale(ProductError):
    """The thing has changed since you read it."""


class TooLarge(ProductError):
    """The request is larger than what is taken here."""


class Unsupported(ProductError):
    """The body is of a type that is not taken here."""


class Invalid(ProductError):
    """Some fields are not acceptable."""


class TooMany(ProductError):
    """Too many requests; wait as long as Retry-After says."""


class Unavailable(ProductError):
    """Something we depend on does not answer; try again shortly."""


def invalid(field: str, code: str, message: str) -> Invalid:
    """The common case: one field, one reason."""
    return Invalid(message, errors=[FieldError(field, code, message)])
