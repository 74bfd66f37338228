"""Codes: what those say who give them out, and how they see them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import money
from chalicelib.catalog.schemas.fields import (
    PERSON,
    CategoryId,
    CourseId,
    Currency,
    Moment,
    Price,
    PriceMinor,
    Whole,
    also,
    minor,
)
from chalicelib.commerce.coupons import CODE, PLATFORM, Offered
from chalicelib.web.identity import Caller
from chalicelib.web.reading import CursorPaged, Flag, In, Line, Out

UserId = Annotated[str, Field(pattern=r"^usr_[0-9A-HJKMNP-TV-Z]{26}$")]
Scope = Literal["all", "courses", "category", "instructor"]
Name = Annotated[Line, Field(max_length=120)]
Percent = Annotated[Whole, Field(ge=1, le=100)]
Courses = Annotated[list[CourseId], Field(max_length=50)]
Limit = Annotated[Whole, Field(ge=1, le=1_000_000)]


class CouponPatch(In):
    """Only the fields that are sent are changed; `null` clears what may be empty.

    `percent`, or `amount` ("5.00") or `amount_minor` (500) with a `currency`. Orders keep the price that they have.
    """

    model_config = ConfigDict(json_schema_extra=example(ends_at="2027-01-31T22:00:00Z", limit_total=100))

    name: Name = ""
    percent: Percent | None = None
    amount: Price | None = None
    amount_minor: Annotated[PriceMinor, Field(ge=1)] | None = None
    currency: Currency | None = None
    scope: Scope = "all"
    courses: Courses = Field(default_factory=list)
    category_id: Annotated[CategoryId | None, also("category_id", "category")] = None
    instructor_id: Annotated[UserId | None, also("instructor_id", "instructor")] = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    limit_total: Limit | None = None
    limit_each: Limit | None = None
    is_active: Flag = True

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> "CouponPatch":
        both = self.amount is not None and self.amount_minor is not None
        if both and minor(self.amount or "0") != self.amount_minor:
            raise ValueError("amount and amount_minor say different things")
        if self.amount is not None and not minor(self.amount):
            raise ValueError("amount must be more than 0")
        return self

    def wishes(self) -> dict[str, Any]:
        """By the record's names."""
        said = {name: getattr(self, name) for name in self.model_fields_set if name != "amount"}
        if "amount" in self.model_fields_set and "amount_minor" not in said:
            said["amount_minor"] = None if self.amount is None else minor(self.amount)
        return said


class CouponIn(CouponPatch):
    """A new code. Codes are the same in any case. Without a `scope` it is what is named, or all you may give for."""

    model_config = ConfigDict(
        json_schema_extra=example(code="EARLY-BIRD", percent=10, limit_total=100, limit_each=1, name="First hundred")
    )

    code: Annotated[str, Field(pattern=f"^{CODE}$")]

    def wishes(self) -> dict[str, Any]:
        return super().wishes() | {"code": self.code.upper()}


class CouponsQuery(CursorPaged):
    """Teachers see their own codes, administrators those of the platform or of the teacher they name."""

    owner: Annotated[UserId | None, also("owner", "owner_id")] = None

    def of(self, caller: Caller) -> str:
        return self.owner or (PLATFORM if "admin" in caller.roles else caller.id)


class UsesOut(Out):
    """`taken` counts orders that hold or have used the code, `left` how many more may, `ever` all that were placed."""

    taken: int
    left: int | None
    ever: int


class CouponOut(Out):
    model_config = ConfigDict(
        json_schema_extra=example(
            id="cpn_01KAKZ6Q8M4T6V1N2B3C4D5E6F",
            code="EARLY-BIRD",
            owner_id=PERSON,
            name="First hundred",
            percent=10,
            amount=None,
            amount_minor=None,
            currency=None,
            scope="instructor",
            courses=[],
            category_id=None,
            instructor_id=PERSON,
            starts_at=None,
            ends_at=None,
            limit_total=100,
            limit_each=1,
            is_active=True,
            uses={"taken": 7, "left": 93, "ever": 8},
            created_at="2026-11-21T08:00:00Z",
            updated_at="2026-11-21T08:00:00Z",
        )
    )

    id: str
    code: str
    owner_id: Annotated[str, Field(description="A teacher, or `platform`.")]
    name: str
    percent: int | None
    amount: str | None
    amount_minor: int | None
    currency: str | None
    scope: str
    courses: list[str]
    category_id: str | None
    instructor_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    limit_total: int | None
    limit_each: int | None
    is_active: bool
    uses: UsesOut
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, result: Any) -> "CouponOut":
        offered: Offered = result
        coupon = offered.coupon
        amount = _number(coupon.amount_minor)
        return cls(
            id=coupon.id,
            code=coupon.code,
            owner_id=coupon.owner_id,
            name=coupon.name,
            percent=_number(coupon.percent),
            amount=None if amount is None else money.decimal(amount),
            amount_minor=amount,
            currency=coupon.currency,
            scope=coupon.scope,
            courses=list(coupon.courses),
            category_id=coupon.category_id,
            instructor_id=coupon.instructor_id,
            starts_at=coupon.starts_at,
            ends_at=coupon.ends_at,
            limit_total=_number(coupon.limit_total),
            limit_each=_number(coupon.limit_each),
            is_active=coupon.is_active,
            uses=_uses(offered),
            created_at=coupon.created_at,
            updated_at=coupon.updated_at,
        )


def _uses(offered: Offered) -> UsesOut:
    taken, limit = int(offered.slots.taken), _number(offered.coupon.limit_total)
    return UsesOut(taken=taken, left=None if limit is None else max(0, limit - taken), ever=int(offered.slots.ever))


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
