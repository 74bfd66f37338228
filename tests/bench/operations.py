"""Every operation that is measured, one row each, and what it may cost. A later domain adds its rows here.

The budget tests hold trips and units exactly; `make bench` measures CPU and compares it with the budget.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from chalicelib import aws
from chalicelib.catalog.ids import lesson_of
from chalicelib.commerce import receipts, webhook
from chalicelib.commerce.ids import order_of, refund_of
from chalicelib.commerce.stripe_keys import payment_keys
from chalicelib.learning.ids import enrollment_of
from infra.local.gateway import Reply
from tests.bench import bought, catalogue, data, goods, shelves, sold, till
from tests.factories import bank
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api, Person

Request = Callable[[Api, Person, Person], Reply]
GUESS = "wrong-wrong-wrong"
NEW = {"current_password": PASSWORD, "new_password": "nine-quiet-herons"}
FILM = {"what": "video", "content_type": "video/mp4", "filename": "one.mp4", "bytes": 100_000_000}
ENTRY = {"progress": "Completed authentication module", "logged_hours": "02:30:00", "total_hours": "05:00:00"}
GOAL = {"goal_name": "Learn Django REST Framework", "category": "Primary", "deadline": "2027-12-31"}
#: A title of its own for each course: one that is taken costs a second transaction.
_NEW = count(1)
LIMITED = "limiter UpdateItem"
ATTEMPT = "limiter TransactWriteItems"
READ, READ_MANY, QUERY, UPDATE, TRANSACT = "GetItem", "BatchGetItem", "Query", "UpdateItem", "TransactWriteItems"
PUT = "PutItem"


@dataclass(frozen=True)
class Operation:
    """`trips` in their order, then read units, write units, and milliseconds of CPU. `me` is a member, `boss` an admin.

    The keys are at hand and the caller's lease is filled, as in steady state.
    """

    name: str
    status: int
    request: Request
    trips: tuple[str, ...]
    reads: float
    writes: int
    cpu_ms: float


def scene(api: Api, factor: int = 1, entries: int = 20) -> tuple[Person, Person]:
    """A small product, or one so many times larger, with a member and an administrator whose leases are filled.

    The instance is warm. `entries` are those of one goal in the small product.
    """
    warm(factor)
    member = api.member("member", email="member@example.org", first_name="Meera")
    boss = api.member("the-boss", email="boss@example.org", roles=("admin",))
    data.listed(25 * factor)
    data.fed(member.id, 25 * factor)
    data.told(member.id, 5 * factor)
    data.audited(member.id, 25 * factor)
    data.signed_in(member.id, 2 * factor)
    data.uploaded(boss.id, 25 * factor)
    data.taught(boss.id, member.id, min(500, 20 * factor))
    data.opened(boss.id, min(500, 20 * factor))
    data.enrolled(boss.id, 25 * factor)
    data.active(member.id, min(500, 20 * factor))
    data.certified(member.id)
    data.intended(member.id, entries * factor)
    data.noted(member.id, entries * factor)
    data.dated(member.id, 5 * factor)
    goods.offered(member.id, 25 * factor)
    bought.ordered(member.id, 25 * factor)
    bought.waiting(member.id)
    bought.doubted(25 * factor)
    sold.earned(boss.id, 25 * factor)
    for token in (None, member.access, boss.access):
        api.get("/events" if token else "/auth/me", token=token)
    return member, boss


def warm(factor: int = 1) -> None:
    """This instance has loaded its catalogue, and has just looked whether there is a newer one; it knows Stripe's keys
    and where its queue is.
    """
    shelves.held(min(500, 20 * factor))
    payment_keys()
    aws.queue_url(webhook.QUEUE)


def _confirmed(api: Api, me: Person) -> Reply:
    order = order_of(me.id, bought.CHARGED)
    body = {"order_id": order, "payment_intent_id": till.intent_of(order)}
    return api.post("/payments/confirm-payment", body, token=me.access)


def _told(api: Api, event: str) -> Reply:
    return api.post(bank.WEBHOOK, event.encode(), stripe_signature=bank.signed(event))


#: Those that must cost the same in a product a hundred times as large, in an order in which one scene serves them all.
GROWING = (
    "me",
    "users list",
    "users by prefix",
    "events, page of 20",
    "admin search, page of 20",
    "audit log of a person, page of 20",
    "lesson that is open",
    "lesson that is locked",
    "dashboard in numbers",
    "report of one's progress",
    "continue learning",
    "next actions",
    "streak",
    "enrollment with percentage",
    "my enrollments, page of 20",
    "lesson progress, page of 20",
    "goals, page of 10",
    "goal by its number",
    "weekly summary",
    "monthly summary",
    "weekly summary of a goal",
    "pace of a goal",
    "weekly chart",
    "entries of a goal, page of 10",
    "entries of all goals, page of 10",
    "entry of a goal",
    "log a goal entry",
    "correct an entry",
    "make a goal",
    "cart of nine with a code",
    "put into the cart",
    "take out of the cart",
    "codes, page of 20",
    "orders, page of 20",
    "an order",
    "cancel an order",
    "ask for a refund",
    "refunds of an order",
    "a refund",
    "receipt of an order",
    "earnings, page of 20",
    "statement of a month",
    "report of sales, 30 days",
    "accounts of the platform",
    "open orders, page of 20",
    "payments put aside, page of 20",
    "order what is in the cart",
    "begin to pay an order",
    "confirm that an order is paid",
    "what Stripe tells of a payment",
    "mark a lesson done",
    "report where a film stopped",
    "enroll",
    "refresh",
    "login",
    "profile patch",
    "register",
    "logout",
    "uploads, page of 20",
    "an upload with the link to it",
)

OPERATIONS: list[Operation] = [
    Operation("health", 200, lambda api, me, boss: api.get("/health"), (), 0, 0, 0.3),
    Operation("health with a token", 200, lambda api, me, boss: api.get("/health", token=me.access), (), 0, 0, 0.3),
    Operation("refused without a token", 401, lambda api, me, boss: api.get("/auth/me"), (), 0, 0, 0.3),
    Operation("refused with a bad token", 401, lambda api, me, boss: api.get("/auth/me", token="x.y.z"), (), 0, 0, 0.3),
    Operation("refused body", 422, lambda api, me, boss: api.post("/auth/login", {}), (), 0, 0, 0.3),
    Operation("refused path", 404, lambda api, me, boss: api.get("/nowhere"), (), 0, 0, 0.3),
    Operation("refused role", 403, lambda api, me, boss: api.get("/admin/users", token=me.access), (READ,), 1, 0, 1.0),
    Operation(
        "unknown person",
        404,
        lambda api, me, boss: api.get("/admin/users/usr_nobody", token=boss.access),
        (READ, READ),
        2,
        0,
        1.5,
    ),
    Operation("me", 200, lambda api, me, boss: api.get("/auth/me", token=me.access), (READ_MANY,), 2, 0, 1.0),
    Operation(
        "profile", 200, lambda api, me, boss: api.get("/users/profile", token=me.access), (READ_MANY,), 2, 0, 1.0
    ),
    Operation(
        "register",
        201,
        lambda api, me, boss: api.post("/auth/register", registration()),
        (LIMITED, TRANSACT),
        0,
        20,
        30.0,
    ),
    Operation(
        "login",
        200,
        lambda api, me, boss: api.post("/auth/login", {"username": "member", "password": PASSWORD}),
        (READ, ATTEMPT, READ_MANY, TRANSACT),
        3,
        20,
        30.0,
    ),
    Operation(
        "login with a wrong password",
        401,
        lambda api, me, boss: api.post("/auth/login", {"username": "member", "password": GUESS}),
        (READ, ATTEMPT, READ_MANY),
        3,
        6,
        30.0,
    ),
    Operation(
        "login as nobody",
        401,
        lambda api, me, boss: api.post("/auth/login", {"username": "nobody", "password": PASSWORD}),
        (READ, ATTEMPT, READ_MANY),
        3,
        6,
        30.0,
    ),
    Operation(
        "refresh",
        200,
        lambda api, me, boss: api.post("/auth/refresh", {"refresh": me.refresh}),
        (READ_MANY, UPDATE),
        3,
        1,
        2.0,
    ),
    Operation("verify", 200, lambda api, me, boss: api.post("/auth/verify", {"token": me.access}), (READ,), 1, 0, 1.0),
    Operation(
        "logout",
        204,
        lambda api, me, boss: api.post("/auth/logout", {"refresh": me.refresh}),
        (READ_MANY, TRANSACT),
        2,
        6,
        2.0,
    ),
    Operation(
        "change password",
        200,
        lambda api, me, boss: api.post("/auth/change-password", NEW, token=me.access),
        (READ_MANY, LIMITED, READ, READ, TRANSACT),
        4,
        9,
        60.0,
    ),
    Operation(
        "profile patch",
        200,
        lambda api, me, boss: api.patch("/users/profile", {"bio": "x"}, token=me.access),
        (READ_MANY, TRANSACT),
        2,
        6,
        2.0,
    ),
    Operation(
        "profile patch with an idempotency key",
        200,
        lambda api, me, boss: api.patch("/users/profile", {"bio": "x"}, token=me.access, idempotency_key="k"),
        (READ_MANY, TRANSACT),
        2,
        9,
        2.5,
    ),
    Operation(
        "profile patch that changes nothing",
        200,
        lambda api, me, boss: api.patch("/users/profile", {"bio": ""}, token=me.access),
        (READ_MANY,),
        2,
        0,
        1.0,
    ),
    Operation("users list", 200, lambda api, me, boss: api.get("/users", token=me.access), (QUERY,), 0.5, 0, 2.0),
    Operation(
        "users by prefix", 200, lambda api, me, boss: api.get("/users?q=mem", token=me.access), (QUERY,), 0.5, 0, 1.0
    ),
    Operation(
        "sessions list",
        200,
        lambda api, me, boss: api.get("/auth/sessions", token=me.access),
        (READ_MANY, QUERY),
        3,
        0,
        2.0,
    ),
    Operation(
        "events, page of 20",
        200,
        lambda api, me, boss: api.get("/events?page_size=20", token=me.access),
        (QUERY,),
        2,
        0,
        2.5,
    ),
    Operation(
        "mail preferences",
        200,
        lambda api, me, boss: api.put("/users/me/mail-preferences", {"news": False}, token=me.access),
        (READ_MANY, TRANSACT),
        2,
        6,
        2.0,
    ),
    Operation(
        "forgotten password",
        202,
        lambda api, me, boss: api.post("/auth/password/forgot", {"email": "member@example.org"}),
        (LIMITED, TRANSACT),
        0,
        3,
        2.0,
    ),
    Operation(
        "forgotten password of nobody",
        202,
        lambda api, me, boss: api.post("/auth/password/forgot", {"email": "nobody@example.org"}),
        (LIMITED, TRANSACT),
        0,
        3,
        2.0,
    ),
    Operation(
        "admin search, page of 20",
        200,
        lambda api, me, boss: api.get("/admin/users?q=b&page_size=20", token=boss.access),
        (READ, QUERY, READ_MANY),
        21.5,
        0,
        6.0,
    ),
    Operation(
        "admin search by mail address",
        200,
        lambda api, me, boss: api.get("/admin/users?q=member@example.org", token=boss.access),
        (READ, READ, READ),
        3,
        0,
        2.0,
    ),
    Operation(
        "admin view of a person",
        200,
        lambda api, me, boss: api.get(f"/admin/users/{me.id}", token=boss.access),
        (READ, READ, TRANSACT),
        2,
        2,
        2.5,
    ),
    Operation(
        "audit log of a person, page of 20",
        200,
        lambda api, me, boss: api.get(f"/admin/audit-logs?subject={me.id}", token=boss.access),
        (READ, QUERY),
        3,
        0,
        3.5,
    ),
    Operation(
        "ban",
        200,
        lambda api, me, boss: api.post(f"/admin/users/{me.id}/ban", {}, token=boss.access),
        (READ, READ, READ, TRANSACT),
        3,
        10,
        3.5,
    ),
    Operation(
        "tier change",
        200,
        lambda api, me, boss: api.patch(f"/admin/users/{me.id}", {"tier": "premium"}, token=boss.access),
        (READ, READ, READ, TRANSACT),
        3,
        10,
        3.5,
    ),
    Operation(
        "ask for an upload",
        201,
        lambda api, me, boss: api.post("/media/uploads", FILM, token=boss.access),
        (READ, LIMITED, TRANSACT),
        1,
        5,
        3.0,
    ),
    Operation(
        "uploads, page of 20",
        200,
        lambda api, me, boss: api.get("/media", token=boss.access),
        (READ, QUERY),
        4,
        0,
        3.0,
    ),
    Operation(
        "an upload with the link to it",
        200,
        lambda api, me, boss: api.get(f"/media/med_{0:026d}", token=boss.access),
        (READ_MANY,),
        2,
        0,
        1.5,
    ),
    Operation(
        "lesson that is open",
        200,
        lambda api, me, boss: api.get(f"/lessons/{lesson_of(data.COURSE, 2)}", token=me.access),
        (READ_MANY,),
        4,
        0,
        1.5,
    ),
    Operation(
        "lesson that is locked",
        200,
        lambda api, me, boss: api.get(f"/lessons/{lesson_of(data.COURSE, 3)}", token=me.access),
        (READ_MANY,),
        4,
        0,
        1.5,
    ),
    Operation(
        "lesson, for a stranger",
        200,
        lambda api, me, boss: api.get(f"/lessons/{lesson_of(data.COURSE, 2)}"),
        (READ_MANY,),
        2,
        0,
        1.5,
    ),
    Operation(
        "override of a learner's access",
        200,
        lambda api, me, boss: api.put(
            f"/enrollments/{enrollment_of(me.id, data.COURSE)}/override", {"unlocked": True}, token=boss.access
        ),
        (READ_MANY, TRANSACT),
        3,
        4,
        2.5,
    ),
    Operation(
        "dashboard in numbers",
        200,
        lambda api, me, boss: api.get("/dashboard/stats", token=boss.access),
        (QUERY,),
        1,
        0,
        1.5,
    ),
    Operation(
        "continue learning",
        200,
        lambda api, me, boss: api.get("/dashboard/continue-learning?page_size=1", token=me.access),
        (READ_MANY, READ_MANY),
        5,
        0,
        2.0,
    ),
    Operation(
        "next actions",
        200,
        lambda api, me, boss: api.get("/next-actions", token=me.access),
        (READ_MANY, QUERY, QUERY, READ_MANY),
        9,
        0,
        4.0,
    ),
    Operation(
        "streak",
        200,
        lambda api, me, boss: api.get("/streak", token=me.access),
        (READ_MANY, QUERY),
        3,
        0,
        2.0,
    ),
    Operation(
        "report of one's progress",
        200,
        lambda api, me, boss: api.get("/reports/progress?page_size=20", token=boss.access),
        (QUERY, QUERY),
        5,
        0,
        2.5,
    ),
    Operation(
        "performance of a course",
        200,
        lambda api, me, boss: api.get(f"/courses/{data.COURSE}/performance", token=boss.access),
        (READ_MANY,),
        4,
        0,
        2.0,
    ),
    Operation(
        "check of a certificate",
        200,
        lambda api, me, boss: api.get(f"/certificates/verify/{data.CODE}"),
        (READ,),
        1,
        0,
        1.5,
    ),
    Operation(
        "my certificates",
        200,
        lambda api, me, boss: api.get("/certificates", token=me.access),
        (QUERY,),
        1,
        0,
        1.5,
    ),
    Operation(
        "what a certificate shows",
        200,
        lambda api, me, boss: api.patch(f"/certificates/{data.CODE}", {"shows": {"holder": False}}, token=me.access),
        (READ, READ, READ, TRANSACT),
        3,
        7,
        2.5,
    ),
    Operation(
        "enroll",
        201,
        lambda api, me, boss: api.post("/enrollments", {"course": data.OPEN}, token=me.access),
        (READ_MANY, TRANSACT),
        4,
        11,
        2.0,
    ),
    Operation(
        "enroll again",
        200,
        lambda api, me, boss: api.post(f"/courses/{data.COURSE}/enroll", token=me.access),
        (READ_MANY,),
        4,
        0,
        1.5,
    ),
    Operation(
        "mark a lesson done",
        200,
        lambda api, me, boss: api.post(
            f"/lessons/{lesson_of(data.COURSE, 2)}/progress", {"completed": True}, token=me.access
        ),
        (READ_MANY, TRANSACT),
        5,
        10,
        2.0,
    ),
    Operation(
        "report where a film stopped",
        200,
        lambda api, me, boss: api.post(
            f"/lessons/{lesson_of(data.COURSE, 2)}/progress", {"position": 61, "seconds": 60}, token=me.access
        ),
        (READ_MANY, PUT),
        5,
        1,
        2.0,
    ),
    Operation(
        "enrollment with percentage",
        200,
        lambda api, me, boss: api.get(f"/enrollments/{enrollment_of(me.id, data.COURSE)}", token=me.access),
        (READ,),
        1,
        0,
        1.0,
    ),
    Operation(
        "my enrollments, page of 20",
        200,
        lambda api, me, boss: api.get("/enrollments?scope=own", token=boss.access),
        (QUERY,),
        4,
        0,
        2.5,
    ),
    Operation(
        "lesson progress, page of 20",
        200,
        lambda api, me, boss: api.get(f"/lesson-progress?course={data.COURSE}", token=me.access),
        (READ, READ_MANY, READ_MANY),
        22,
        0,
        3.0,
    ),
    Operation(
        "cart of nine with a code",
        200,
        lambda api, me, boss: api.get("/cart", token=me.access),
        (READ_MANY, READ_MANY),
        22,
        0,
        3.0,
    ),
    Operation(
        "put into the cart",
        201,
        lambda api, me, boss: api.post("/cart/items", {"course_id": goods.SOLD[9]}, token=me.access),
        (READ_MANY, READ_MANY, TRANSACT),
        26,
        6,
        4.0,
    ),
    Operation(
        "take out of the cart",
        200,
        lambda api, me, boss: api.delete(f"/cart/items/{goods.SOLD[0]}", token=me.access),
        (READ_MANY, READ_MANY, TRANSACT),
        21,
        6,
        4.0,
    ),
    Operation(
        "put a code on the cart",
        200,
        lambda api, me, boss: api.post("/cart/coupon", {"code": "code-00001"}, token=me.access),
        (LIMITED, READ_MANY, READ_MANY, TRANSACT),
        23,
        7,
        4.0,
    ),
    Operation(
        "empty the cart",
        204,
        lambda api, me, boss: api.delete("/cart", token=me.access),
        (READ_MANY, TRANSACT),
        2,
        6,
        2.0,
    ),
    Operation(
        "codes, page of 20",
        200,
        lambda api, me, boss: api.get("/coupons", token=boss.access),
        (QUERY, READ_MANY),
        42,
        0,
        4.0,
    ),
    Operation(
        "give out a code",
        201,
        lambda api, me, boss: api.post("/coupons", {"code": "NEW-CODE", "percent": 10}, token=boss.access),
        (READ_MANY, TRANSACT),
        3,
        8,
        2.5,
    ),
    Operation(
        "change a code",
        200,
        lambda api, me, boss: api.patch("/coupons/CODE-00003", {"limit_total": 100}, token=boss.access),
        (READ_MANY, TRANSACT),
        3,
        6,
        2.5,
    ),
    Operation(
        "order what is in the cart",
        201,
        lambda api, me, boss: api.post("/orders/create-from-cart", {}, token=me.access),
        (READ_MANY, READ_MANY, TRANSACT),
        25,
        28,
        5.0,
    ),
    Operation(
        "orders, page of 20", 200, lambda api, me, boss: api.get("/orders", token=me.access), (QUERY,), 8, 0, 4.0
    ),
    Operation(
        "an order",
        200,
        lambda api, me, boss: api.get(f"/orders/{order_of(me.id, bought.PAID)}", token=me.access),
        (READ_MANY,),
        2,
        0,
        1.5,
    ),
    Operation(
        "cancel an order",
        200,
        lambda api, me, boss: api.post(f"/orders/{order_of(me.id, bought.PENDING)}/cancel", token=me.access),
        (READ_MANY, TRANSACT),
        2,
        8,
        2.5,
    ),
    Operation(
        "ask for a refund",
        202,
        lambda api, me, boss: api.post(f"/orders/{order_of(me.id, bought.PAID + 1)}/refunds", {}, token=me.access),
        (READ_MANY, READ_MANY, TRANSACT),
        4,
        14,
        3.0,
    ),
    Operation(
        "refunds of an order",
        200,
        lambda api, me, boss: api.get(f"/orders/{order_of(me.id, bought.PAID)}/refunds", token=me.access),
        (QUERY,),
        1,
        0,
        1.5,
    ),
    Operation(
        "a refund",
        200,
        lambda api, me, boss: api.get(f"/refunds/{refund_of(order_of(me.id, bought.PAID), 1)}", token=me.access),
        (READ_MANY,),
        1,
        0,
        1.0,
    ),
    Operation(
        "receipt of an order",
        200,
        lambda api, me, boss: api.get(f"/orders/{order_of(me.id, bought.PAID)}/receipt", token=me.access),
        (READ_MANY,),
        3,
        0,
        3.0,
    ),
    Operation(
        "check of a receipt",
        200,
        lambda api, me, boss: api.get(f"/receipts/{receipts.code_of(order_of(me.id, bought.PAID))}"),
        (READ,),
        1,
        0,
        1.5,
    ),
    Operation(
        "earnings, page of 20",
        200,
        lambda api, me, boss: api.get("/earnings", token=boss.access),
        (READ_MANY, QUERY),
        4,
        0,
        3.0,
    ),
    Operation(
        "statement of a month",
        200,
        lambda api, me, boss: api.get("/earnings/statements/2026-01", token=boss.access),
        (READ, QUERY, READ_MANY),
        5,
        0,
        2.5,
    ),
    Operation(
        "report of sales, 30 days",
        200,
        lambda api, me, boss: api.get(f"/reports/sales?instructor_id={boss.id}", token=boss.access),
        (READ, QUERY, READ_MANY),
        7,
        0,
        4.0,
    ),
    Operation(
        "accounts of the platform",
        200,
        lambda api, me, boss: api.get("/admin/accounts", token=boss.access),
        (READ, READ_MANY),
        13,
        0,
        1.5,
    ),
    Operation(
        "open orders, page of 20",
        200,
        lambda api, me, boss: api.get("/admin/orders", token=boss.access),
        (READ, *[QUERY] * 16),
        9,
        0,
        6.0,
    ),
    Operation(
        "begin to pay an order",
        200,
        lambda api, me, boss: api.post(
            "/payments/create-payment-intent", {"order_id": order_of(me.id, bought.PAYABLE)}, token=me.access
        ),
        (LIMITED, READ_MANY, PUT, TRANSACT),
        2,
        20,
        4.0,
    ),
    Operation(
        "confirm that an order is paid",
        200,
        lambda api, me, boss: _confirmed(api, me),
        (READ_MANY, READ_MANY, READ_MANY, TRANSACT),
        12,
        42,
        7.0,
    ),
    Operation(
        "what Stripe tells of a payment",
        200,
        lambda api, me, boss: _told(api, till.told(order_of(me.id, bought.CHARGED))),
        ("sqs SendMessageBatch",),
        0,
        0,
        1.0,
    ),
    Operation(
        "payments put aside, page of 20",
        200,
        lambda api, me, boss: api.get("/admin/payments/quarantine", token=boss.access),
        (READ, QUERY),
        4,
        0,
        2.5,
    ),
    Operation(
        "goals, page of 10",
        200,
        lambda api, me, boss: api.get("/goals?page_size=10", token=me.access),
        (QUERY,),
        2,
        0,
        1.5,
    ),
    Operation(
        "goal by its number", 200, lambda api, me, boss: api.get("/goals/1", token=me.access), (READ,), 1, 0, 1.0
    ),
    Operation(
        "weekly summary",
        200,
        lambda api, me, boss: api.get("/summary/weekly?rolling=true", token=me.access),
        (QUERY,),
        2,
        0,
        1.0,
    ),
    Operation(
        "weekly summary that has not changed",
        304,
        lambda api, me, boss: api.get("/summary/weekly?rolling=true", token=me.access, if_none_match="*"),
        (QUERY,),
        2,
        0,
        1.0,
    ),
    Operation(
        "monthly summary",
        200,
        lambda api, me, boss: api.get("/summary/monthly?rolling=true", token=me.access),
        (QUERY,),
        4,
        0,
        1.5,
    ),
    Operation(
        "weekly summary of a goal",
        200,
        lambda api, me, boss: api.get("/summary/weekly/1?rolling=true", token=me.access),
        (QUERY,),
        2,
        0,
        1.0,
    ),
    Operation(
        "pace of a goal", 200, lambda api, me, boss: api.get("/goals/1/pace", token=me.access), (QUERY,), 2, 0, 2.0
    ),
    Operation(
        "weekly chart",
        200,
        lambda api, me, boss: api.get("/summary/weekly/chart.svg?rolling=true", token=me.access),
        (QUERY,),
        2,
        0,
        2.5,
    ),
    Operation(
        "make a goal",
        201,
        lambda api, me, boss: api.post("/goals", GOAL, token=me.access),
        (READ_MANY, TRANSACT),
        2,
        7,
        2.0,
    ),
    Operation(
        "change a goal",
        200,
        lambda api, me, boss: api.patch("/goals/1", {"category": "Minor"}, token=me.access),
        (READ_MANY, TRANSACT),
        3,
        4,
        2.0,
    ),
    Operation(
        "give a goal up",
        204,
        lambda api, me, boss: api.delete("/goals/1", token=me.access),
        (READ_MANY, TRANSACT),
        3,
        9,
        2.0,
    ),
    Operation(
        "entries of a goal, page of 10",
        200,
        lambda api, me, boss: api.get("/goals/1/progress?page_size=10", token=me.access),
        (LIMITED, READ_MANY, QUERY),
        3,
        1,
        2.0,
    ),
    Operation(
        "entries of all goals, page of 10",
        200,
        lambda api, me, boss: api.get("/goal-progress?page_size=10", token=me.access),
        (LIMITED, QUERY, QUERY),
        4,
        1,
        2.5,
    ),
    Operation(
        "entry of a goal",
        200,
        lambda api, me, boss: api.get("/goals/1/progress/1", token=me.access),
        (LIMITED, READ_MANY),
        2,
        1,
        1.5,
    ),
    Operation(
        "log a goal entry",
        201,
        lambda api, me, boss: api.post("/goals/1/progress", ENTRY, token=me.access),
        (READ_MANY, TRANSACT),
        4,
        11,
        2.0,
    ),
    Operation(
        "correct an entry",
        200,
        lambda api, me, boss: api.patch("/goals/1/progress/1", {"logged_hours": "01:00:00"}, token=me.access),
        (READ_MANY, READ_MANY, TRANSACT),
        7,
        11,
        2.5,
    ),
    Operation(
        "take an entry back",
        204,
        lambda api, me, boss: api.delete("/goals/1/progress/1", token=me.access),
        (READ_MANY, READ_MANY, TRANSACT),
        7,
        11,
        2.5,
    ),
    Operation("list courses, page of 20", 200, lambda api, me, boss: api.get("/courses"), (), 0, 0, 0.5),
    Operation(
        "search with facets, 10,000 courses",
        200,
        lambda api, me, boss: api.get(catalogue.question("search with facets")),
        (),
        0,
        0,
        5.0,
    ),
    Operation("course page", 200, lambda api, me, boss: api.get(f"/courses/{data.COURSE}"), (), 0, 0, 0.2),
    Operation(
        "course page, for its learner",
        200,
        lambda api, me, boss: api.get(f"/courses/{data.COURSE}", token=me.access),
        (READ_MANY,),
        3,
        0,
        2.5,
    ),
    Operation(
        "course page, for its author",
        200,
        lambda api, me, boss: api.get(f"/courses/{data.COURSE}", token=boss.access),
        (READ_MANY,),
        6,
        0,
        2.5,
    ),
    Operation("categories", 200, lambda api, me, boss: api.get("/categories"), (QUERY,), 1, 0, 1.0),
    Operation(
        "make a course",
        201,
        lambda api, me, boss: api.post("/courses", {"title": f"Counting {next(_NEW)}"}, token=boss.access),
        (READ_MANY, TRANSACT),
        1,
        12,
        4.0,
    ),
    Operation(
        "add a lesson",
        201,
        lambda api, me, boss: api.post("/lessons", {"course": data.COURSE, "title": "One more"}, token=boss.access),
        (READ_MANY, TRANSACT),
        3,
        16,
        6.0,
    ),
]


def grown() -> list[Operation]:
    by_name = {each.name: each for each in OPERATIONS}
    return [by_name[name] for name in GROWING]
