"""What is bought and with which codes, written past the API: courses that cost something, a cart, and codes."""

from chalicelib import clock
from chalicelib.catalog import gates
from chalicelib.catalog.records import Course, Curriculum
from chalicelib.commerce.coupons import PLATFORM
from chalicelib.commerce.records import Cart, Coupon, CouponEntry, CouponSlots
from chalicelib.table import keys
from chalicelib.table.record import Record, moment_text
from tests.bench import data

#: Ten courses of usual length, of a teacher who is nobody here; nine of them are in the cart.
SOLD = [f"crs_{number:026d}" for number in range(7_000, 7_010)]
TEACHER = f"usr_{7:026d}"
CODE = "CODE-00000"


def offered(buyer: str, codes: int) -> None:
    """The courses, a full cart with a code on it, and so many codes of the platform."""
    store: list[Record] = [each for course, parts in known() for each in (course, parts, gates.gate_of(course, parts))]
    store += [each for number in range(codes) for each in _code(number)]
    data.store([*store, _cart(buyer)])


def known() -> list[tuple[Course, Curriculum]]:
    """Those courses as the catalogue knows them."""
    return [_course(each) for each in SOLD]


def _course(id: str) -> tuple[Course, Curriculum]:
    now, ordinals = clock.now(), range(1, 21)
    course: Course = Course.under(
        keys.course(id),
        id=id,
        ver=2,
        instructor_id=TEACHER,
        title="A course of usual length",
        slug=f"course-{id[-4:]}",
        status="published",
        price_minor=1999,
        created_at=now,
        updated_at=now,
    )
    listed = [{"ordinal": each, "title": "A lesson of usual length", "minutes": 7} for each in ordinals]
    sections = [{"id": "sec_1", "title": "All of it", "lessons": listed}]
    curriculum: Curriculum = Curriculum.under(
        keys.curriculum(id), ver=2, course_id=id, sections=sections, next_ordinal=21
    )
    return course, curriculum


def _cart(buyer: str) -> Cart:
    known = {"added_at": moment_text(clock.now()), "title": "A course of usual length", "limited": False}
    cart: Cart = Cart.under(
        keys.cart(buyer),
        user_id=buyer,
        ver=9,
        lines={course: known | {"price_minor": 1999, "currency": "USD"} for course in SOLD[:9]},
        coupon=CODE,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    return cart


def _code(number: int) -> list[Record]:
    now, code = clock.now(), f"CODE-{number:05d}"
    coupon: Coupon = Coupon.under(
        keys.coupon(code),
        id=f"cpn_{number:026d}",
        ver=1,
        code=code,
        owner_id=PLATFORM,
        percent=10,
        limit_each=1,
        created_at=now,
        updated_at=now,
    )
    slots: CouponSlots = CouponSlots.under(keys.coupon_slots(code), created_at=now)
    entry: CouponEntry = CouponEntry.under(keys.coupon_entry(PLATFORM, code), code=code, created_at=now)
    return [coupon, slots, entry]
