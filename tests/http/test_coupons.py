"""Codes: who gives them out, for what, and what they take off a cart."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.commerce import belongings, couponing, products
from chalicelib.commerce.records import CouponSlots
from chalicelib.table import keys
from chalicelib.table.writes import adjust, alone
from infra.local.gateway import Reply
from tests.factories import commerce, courses, people, shop
from tests.http.api import Api, Person, at_once, fields, problem

TEN = {"code": "early-bird", "percent": 10}
NOTHING = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"


@pytest.fixture
def tara(api: Api) -> Person:
    return api.member("tara", roles=("instructor",))


@pytest.fixture
def me(api: Api) -> Person:
    return api.member("meera")


def give(api: Api, who: Person, **body: Any) -> Reply:
    return api.post("/coupons", TEN | body, token=who.access)


def use(api: Api, who: Person, code: str) -> Reply:
    return api.post("/cart/coupon", {"code": code}, token=who.access)


def taken(code: str, uses: int) -> None:
    """As if so many orders held it."""
    slots: CouponSlots = CouponSlots.under(keys.coupon_slots(code))
    alone(adjust(slots, CouponSlots.taken.set(uses), CouponSlots.ever.set(uses), where=CouponSlots.pk.exists()))


@pytest.mark.row("B03")
def test_a_teacher_gives_a_code_for_all_own_courses(api: Api, tara: Person) -> None:
    reply = give(api, tara, limit_total=100, limit_each=1, name="First hundred")
    said = reply.json()
    assert (reply.status, reply.header("location")) == (201, "/api/v1/coupons/EARLY-BIRD")
    assert (said["code"], said["scope"], said["instructor_id"], said["owner_id"]) == (
        "EARLY-BIRD",
        "instructor",
        tara.id,
        tara.id,
    )
    assert said["uses"] == {"taken": 0, "left": 100, "ever": 0}
    assert api.get("/coupons/Early-Bird", token=tara.access).json() == said
    assert api.get("/coupons", token=tara.access).json()["results"] == [said]


@pytest.mark.row("B03")
def test_a_code_is_there_once_in_any_case(api: Api, tara: Person) -> None:
    other = api.member("other", roles=("instructor",))
    assert give(api, tara).status == 201
    reply = give(api, other, code="EARLY-bird")
    assert (problem(reply), fields(reply)) == ((409, "code_taken"), {"code": "code_taken"})
    statuses = at_once(6, lambda n: give(api, (tara, other)[n % 2], code="ONCE").status)
    assert sorted(statuses) == [201] + [409] * 5


@pytest.mark.parametrize("body", [{"scope": "all"}, {"scope": "category"}, {"instructor_id": people.user().id}])
def test_teachers_give_codes_for_nothing_but_their_own(api: Api, tara: Person, body: dict[str, str]) -> None:
    assert problem(give(api, tara, **body)) == (403, "scope_not_yours")


def test_teachers_give_no_codes_for_courses_of_others(api: Api, tara: Person) -> None:
    other = people.enlisted(roles=("instructor",)).id
    foreign, gone, own = shop.sold(other).id, shop.sold(tara.id).id, shop.sold(tara.id).id
    courses.deleted(gone)
    for named in ([foreign], [own, foreign], [gone], [NOTHING]):
        assert fields(give(api, tara, courses=named)) == {"courses": "unknown"}
    said = give(api, tara, courses=[own]).json()
    assert (said["scope"], said["courses"], said["instructor_id"]) == ("courses", [own], tara.id)


def test_administrators_give_codes_for_anything_and_see_those_of_each_other(api: Api, tara: Person) -> None:
    boss, course, shelf = api.admin(), shop.sold(tara.id), courses.a_category()
    given = [
        give(api, boss, code="FOR-ALL"),
        give(api, boss, code="FOR-SHELF", category_id=shelf.id),
        give(api, boss, code="FOR-ONE", courses=[course.id]),
        give(api, boss, code="FOR-TARA", instructor_id=tara.id),
    ]
    assert [reply.json()["scope"] for reply in given] == ["all", "category", "courses", "instructor"]
    assert {reply.json()["owner_id"] for reply in given} == {"platform"}
    second = api.admin("second-admin")
    listed = api.get("/coupons", token=second.access).json()["results"]
    assert [each["code"] for each in listed] == ["FOR-ALL", "FOR-ONE", "FOR-SHELF", "FOR-TARA"]
    own = give(api, tara).json()
    assert api.get(f"/coupons?owner={tara.id}", token=boss.access).json()["results"] == [own]
    for wrong in ({"category_id": shelf.id[:-1] + "Z"}, {"instructor_id": people.user().id}, {"courses": [NOTHING]}):
        assert fields(give(api, boss, code="WRONG", **wrong)) == {next(iter(wrong)): "unknown"}


def test_administrators_change_codes_of_teachers_which_stay_for_the_courses_of_the_teacher(
    api: Api, tara: Person
) -> None:
    give(api, tara)
    boss = api.admin()
    said = api.patch("/coupons/EARLY-BIRD", {"percent": 20}, token=boss.access).json()
    assert (said["percent"], said["owner_id"], said["instructor_id"]) == (20, tara.id, tara.id)
    assert problem(api.patch("/coupons/EARLY-BIRD", {"scope": "all"}, token=boss.access)) == (403, "scope_not_yours")


@pytest.mark.row("B03")
def test_codes_of_others_are_not_there(api: Api, tara: Person) -> None:
    give(api, tara)
    give(api, api.admin(), code="FOR-ALL")
    other = api.member("other", roles=("instructor",))
    for code in ("EARLY-BIRD", "FOR-ALL", "NO-SUCH", "x"):
        path = f"/coupons/{code}"
        replies = [
            api.get(path, token=other.access),
            api.patch(path, {"percent": 100}, token=other.access),
            api.delete(path, token=other.access),
        ]
        assert {problem(reply) for reply in replies} == {(404, "coupon_unknown")}
    assert problem(api.get(f"/coupons?owner={tara.id}", token=other.access)) == (403, "coupons_not_yours")
    assert api.get("/coupons", token=other.access).json()["results"] == []


MADE_NO_SENSE: list[tuple[dict[str, Any], str]] = [
    ({"percent": None}, "percent"),
    ({"percent": 10, "amount_minor": 100, "currency": "USD"}, "percent"),
    ({"percent": None, "amount_minor": 100}, "currency"),
    ({"currency": "USD"}, "currency"),
    ({"percent": 0}, "percent"),
    ({"percent": 101}, "percent"),
    ({"percent": 1.5}, "percent"),
    ({"percent": None, "amount_minor": 0, "currency": "USD"}, "amount_minor"),
    ({"percent": None, "amount": "0.00", "currency": "USD"}, "body"),
    ({"percent": None, "amount": "-1", "currency": "USD"}, "amount"),
    ({"code": "x"}, "code"),
    ({"code": "x" * 41}, "code"),
    ({"code": "no blanks"}, "code"),
    ({"code": "ÉTÉ"}, "code"),
    ({"limit_total": 0}, "limit_total"),
    ({"limit_each": -1}, "limit_each"),
    ({"scope": "courses"}, "courses"),
    ({"scope": "instructor", "courses": [NOTHING]}, "courses"),
    ({"starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}, "ends_at"),
    ({"owner_id": "usr_x"}, "owner_id"),
    ({"uses": 7}, "uses"),
]


@pytest.mark.parametrize(("body", "field"), MADE_NO_SENSE)
def test_what_makes_no_sense_is_refused_by_name(api: Api, tara: Person, body: dict[str, Any], field: str) -> None:
    reply = give(api, tara, **body)
    assert (reply.status, set(fields(reply))) == (422, {field})


@pytest.mark.row("M15", "B03")
def test_a_percentage_and_an_amount_are_taken_off_the_cart(api: Api, me: Person, tara: Person) -> None:
    one, two = shop.sold(tara.id), shop.sold(tara.id, 1001)
    commerce.a_cart(me.id, one.id, two.id, products.PREMIUM)
    give(api, tara)
    give(api, tara, code="FIVE", percent=None, amount="5.00", currency="USD")
    shown = use(api, me, "Early-Bird").json()
    assert [item["discount_minor"] for item in shown["items"]] == [200, 100, 0]
    assert shown["coupon"] == {"code": "EARLY-BIRD", "applies": True, "refusal": None}
    assert shown["total_minor"] == 1999 + 1001 + 4900 - 300
    shown = use(api, me, "five").json()
    assert [item["discount_minor"] for item in shown["items"]] == [333, 167, 0]
    assert (shown["discount"], shown["discount_minor"]) == ("5.00", 500)
    assert api.get("/cart", token=me.access).json() == shown
    dropped = api.delete("/cart/coupon", token=me.access).json()
    assert (dropped["coupon"], dropped["discount_minor"]) == (None, 0)


def refused(api: Api, me: Person, code: str) -> str:
    reply = use(api, me, code)
    assert problem(reply) == (409, "coupon_refused")
    return fields(reply)["code"]


@pytest.mark.row("B03")
def test_a_code_that_does_not_hold_is_refused_with_the_reason(api: Api, me: Person, tara: Person) -> None:
    commerce.a_cart(me.id, shop.sold(tara.id).id)
    other, day = people.enlisted(roles=("instructor",)).id, timedelta(days=1)
    shop.a_code(code="EARLY", starts_at=clock.now() + day)
    shop.a_code(code="LATE", ends_at=clock.now() - day)
    shop.a_code(code="OFF", is_active=False)
    shop.a_code(code="FULL", limit_total=1)
    shop.a_code(other, code="ELSEWHERE")
    shop.a_code(code="EURO", amount_minor=100, currency="EUR")
    taken("FULL", 1)
    words = [refused(api, me, code) for code in ("EARLY", "LATE", "OFF", "NO-SUCH", "FULL", "ELSEWHERE", "EURO")]
    assert words == ["not_yet", "over", "unknown", "unknown", "used_up", "for_nothing_here", "for_nothing_here"]
    assert set(words) < set(couponing.REFUSALS)
    assert api.get("/cart", token=me.access).json()["coupon"] is None


@pytest.mark.row("M102")
def test_a_code_that_holds_no_more_stays_on_the_cart_and_takes_nothing_off(api: Api, me: Person, tara: Person) -> None:
    commerce.a_cart(me.id, shop.sold(tara.id).id, coupon=shop.a_code(code="SOON").code)
    boss = api.admin()
    assert api.patch("/coupons/SOON", {"is_active": False}, token=boss.access).json()["is_active"] is False
    shown = api.get("/cart", token=me.access).json()
    assert (shown["total_minor"], shown["coupon"]["applies"]) == (1999, False)
    assert shown["coupon"]["refusal"] == {"code": "unknown", "message": "There is no such code."}


def test_a_code_is_changed_as_a_whole_and_only_as_it_was_read(api: Api, tara: Person) -> None:
    first = give(api, tara)
    tag = first.header("etag") or ""
    five = {"amount_minor": 500, "currency": "USD", "ends_at": "2027-01-31T22:00:00Z"}
    second = api.patch("/coupons/EARLY-BIRD", five, token=tara.access, if_match=tag)
    said = second.json()
    assert (said["percent"], said["amount"], said["currency"]) == (None, "5.00", "USD")
    reply = api.patch("/coupons/EARLY-BIRD", {"name": "x"}, token=tara.access, if_match=tag)
    assert problem(reply) == (412, "coupon_changed")
    assert problem(api.delete("/coupons/EARLY-BIRD", token=tara.access, if_match=tag)) == (412, "coupon_changed")
    back = api.patch("/coupons/EARLY-BIRD", {"percent": 15}, token=tara.access).json()
    assert (back["percent"], back["amount_minor"], back["currency"]) == (15, None, None)
    course = shop.sold(tara.id)
    narrow = api.patch("/coupons/EARLY-BIRD", {"scope": "courses", "courses": [course.id]}, token=tara.access).json()
    assert (narrow["scope"], narrow["instructor_id"]) == ("courses", tara.id)
    wide = api.patch("/coupons/EARLY-BIRD", {"scope": "instructor"}, token=tara.access).json()
    assert wide["courses"] == []
    assert problem(api.patch("/coupons/EARLY-BIRD", {"scope": "all"}, token=tara.access)) == (403, "scope_not_yours")


def test_every_change_is_told_once_and_what_changes_nothing_is_not(api: Api, tara: Person) -> None:
    give(api, tara)
    for name in ("One", "One", "Two"):
        api.patch("/coupons/EARLY-BIRD", {"name": name}, token=tara.access)
    api.delete("/coupons/EARLY-BIRD", token=tara.access)
    names = ("coupon.created", "coupon.changed", "coupon.deleted")
    assert courses.told(*names) == dict(zip(names, (1, 2, 1), strict=True))


@pytest.mark.row("B03")
def test_a_limit_is_never_below_what_is_taken(api: Api, tara: Person) -> None:
    give(api, tara, limit_total=10)
    taken("EARLY-BIRD", 7)
    reply = api.patch("/coupons/EARLY-BIRD", {"limit_total": 6}, token=tara.access)
    assert (problem(reply), fields(reply)) == ((409, "limit_below_uses"), {"limit_total": "limit_below_uses"})
    said = api.patch("/coupons/EARLY-BIRD", {"limit_total": 7}, token=tara.access).json()
    assert said["uses"] == {"taken": 7, "left": 0, "ever": 7}
    said = api.patch("/coupons/EARLY-BIRD", {"limit_total": None}, token=tara.access).json()
    assert said["uses"] == {"taken": 7, "left": None, "ever": 7}


def test_a_code_that_nobody_used_is_deleted_and_may_be_given_out_again(api: Api, tara: Person) -> None:
    give(api, tara)
    assert api.delete("/coupons/EARLY-BIRD", token=tara.access).status == 204
    assert problem(api.get("/coupons/EARLY-BIRD", token=tara.access)) == (404, "coupon_unknown")
    assert api.get("/coupons", token=tara.access).json()["results"] == []
    assert give(api, tara).status == 201


def test_a_code_that_was_used_is_withdrawn_instead(api: Api, tara: Person) -> None:
    give(api, tara)
    taken("EARLY-BIRD", 1)
    assert [api.delete("/coupons/EARLY-BIRD", token=tara.access).status for _ in range(2)] == [204, 204]
    said = api.get("/coupons/EARLY-BIRD", token=tara.access).json()
    assert (said["is_active"], said["uses"]["ever"]) == (False, 1)
    assert problem(give(api, tara)) == (409, "code_taken")


def test_a_long_list_goes_on_from_a_cursor(api: Api, tara: Person) -> None:
    made = [shop.a_code(tara.id, code=f"CODE-{number}").code for number in range(5)]
    found, path = [], "/coupons?page_size=2"
    while path:
        page = api.get(path, token=tara.access).json()
        found += [each["code"] for each in page["results"]]
        path = (page["next"] or "").partition("/api/v1")[2]
    assert found == made
    assert api.get("/coupons?page_size=5", token=tara.access).json()["next"] is None


def test_students_give_out_no_codes(api: Api, me: Person) -> None:
    assert problem(give(api, me)) == (403, "role_missing")
    assert problem(api.get("/coupons", token=me.access)) == (403, "role_missing")


def test_codes_of_a_teacher_who_is_gone_hold_no_more(api: Api, tara: Person) -> None:
    give(api, tara)
    give(api, tara, code="USED")
    taken("USED", 1)
    assert len(api.get("/users/me/export", token=tara.access).json()["items"]["coupon"]) == 2
    for _ in range(2):
        belongings.erase(shop.act(), tara.id)
    assert problem(api.get("/coupons/EARLY-BIRD", token=api.admin().access)) == (404, "coupon_unknown")
    assert api.get("/coupons/USED", token=api.admin("boss").access).json()["is_active"] is False
