"""What a code may say: worth, scope and times that make sense together, and whose courses it may be for. Pure.

`coupon_writing` asks before it makes or changes one.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.commerce.coupons import PLATFORM
from chalicelib.commerce.records import Coupon
from chalicelib.errors import FieldError, Forbidden, Invalid

#: By scope, the field that says which.
NAMED = {"courses": "courses", "category": "category_id", "instructor": "instructor_id"}


class ScopeNotYours(Forbidden):
    """Teachers give codes for their own courses; only administrators for others."""


def scope_of(owner: str, wishes: Mapping[str, Any]) -> str:
    named = next((scope for scope, field in NAMED.items() if wishes.get(field)), None)
    return named or ("all" if owner == PLATFORM else "instructor")


def settled(owner: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The whole of what a code says, refused where it makes no sense. What a teacher gives is for the teacher's own."""
    whole = dict(values)
    if owner != PLATFORM:
        if whole["scope"] not in ("courses", "instructor") or whole.get("instructor_id") not in (None, owner):
            raise ScopeNotYours
        whole["instructor_id"] = owner
    _require_sound(owner, whole)
    return whole


def _require_sound(owner: str, values: Mapping[str, Any]) -> None:
    wrong = [*_wrong_worth(values), *_wrong_scope(owner, values), *_wrong_times(values)]
    if wrong:
        raise Invalid(errors=wrong)


def _wrong_worth(values: Mapping[str, Any]) -> list[FieldError]:
    percent, amount, currency = (values.get(name) for name in ("percent", "amount_minor", "currency"))
    if (percent is None) == (amount is None):
        return [FieldError("percent", "one_of", "Send percent or amount, one of the two.")]
    if (amount is None) != (currency is None):
        return [FieldError("currency", "with_amount", "An amount has a currency, a percentage has none.")]
    return []


def _wrong_scope(owner: str, values: Mapping[str, Any]) -> list[FieldError]:
    for scope, field in NAMED.items():
        is_fixed = field == "instructor_id" and owner != PLATFORM
        if not is_fixed and bool(values.get(field)) != (scope == values["scope"]):
            return [FieldError(field, "with_scope", f"Goes with the scope {scope}, and only with it.")]
    return []


def _wrong_times(values: Mapping[str, Any]) -> list[FieldError]:
    starts, ends = values.get("starts_at"), values.get("ends_at")
    if starts is not None and ends is not None and ends <= starts:
        return [FieldError("ends_at", "before_start", "It ends after it starts.")]
    return []


#: What may be changed.
SAID = (
    "name percent amount_minor currency scope courses category_id instructor_id starts_at ends_at limit_total "
    "limit_each is_active"
).split()


def terms_of(coupon: Coupon) -> dict[str, Any]:
    return {name: getattr(coupon, name) for name in SAID}


def instead(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """A percentage takes the place of an amount, an amount that of a percentage, a scope that of another one."""
    implied: dict[str, Any] = {}
    if wishes.get("percent") is not None:
        implied |= {"amount_minor": None, "currency": None}
    if wishes.get("amount_minor") is not None:
        implied |= {"percent": None}
    if "scope" in wishes:
        implied |= {"courses": [], "category_id": None, "instructor_id": None}
    return implied | dict(wishes)
