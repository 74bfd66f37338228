"""What the documentation shows, works: every example of a body is sent, and answered as the operation promises."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from app import app
from chalicelib import clock
from chalicelib.accounts import mail_tokens, records
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.schemas.fields import COURSE, LESSON
from chalicelib.commerce import products
from chalicelib.goals.ids import entry_of
from chalicelib.learning import enrollments
from chalicelib.learning.ids import progress_of
from chalicelib.table.writes import alone, put
from chalicelib.web.routes import Route
from tests.factories import bank, certificates, commerce, courses, goals, people, shop
from tests.http.api import Api, Person

PASSWORD = "learn-by-doing-2026"
WITH_BODY = [route for route in app.operations if route.body is not None]


def example_of(route: Route) -> dict[str, Any]:
    assert route.body is not None
    extra = route.body.model_config.get("json_schema_extra")
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)
    example = examples[0]
    assert isinstance(example, dict)
    return dict(example)


def mailed(person: Person, purpose: str) -> str:
    user = records.user(person.id)
    assert user
    item = mail_tokens.new(purpose, user.id, clock.now())
    alone(put(item))
    return mail_tokens.token(purpose, item.id, user)


def filled(route: Route, example: dict[str, Any], person: Person) -> dict[str, Any]:
    """The example with its placeholders, which say in angle brackets what belongs there, replaced by the real thing."""
    real = {
        "<refresh token>": person.refresh,
        "<access or refresh token>": person.access,
        "<token from the mail>": mailed(person, "reset" if "reset" in route.path else "verify"),
    }
    return {name: real.get(str(value), value) for name, value in example.items()}


def taught(path: str, body: dict[str, Any], learner: str) -> tuple[str, dict[str, Any]]:
    """The same with a course, a lesson, a section and a category that exist instead of those of the documentation.

    Where it is about progress, this person learns in the course.
    """
    text = json.dumps([path, body])
    if "_id}" not in path and COURSE not in text:
        return path, body
    teacher = people.enlisted(roles=("instructor",)).id
    course = courses.a_course(teacher, 1, price_minor=1999 if "/cart" in path else 0).id
    real = {
        "{course_id}": course,
        "{lesson_id}": lesson_of(course, 1),
        "{section_id}": courses.edition_now(course).plan[0].id,
        "{category_id}": courses.a_category().id,
        LESSON: lesson_of(course, 1),
        COURSE: course,
    }
    if "{enrollment_id}" in path or "progress" in path:
        enrolled = enrollments.enroll(courses.act(learner), course).enrollment.id
        real |= {"{enrollment_id}": enrolled, "{progress_id}": progress_of(learner, course, 1)}
    for shown, existing in real.items():
        text = text.replace(shown, existing)
    made: tuple[str, dict[str, Any]] = tuple(json.loads(text))
    return made


def intended(path: str, person: str) -> str:
    """The same with a goal of this person and its one entry."""
    if "{goal}" not in path and "/goal-progress/" not in path:
        return path
    goal = goals.a_goal(person)
    goals.logged(goal)
    entry = entry_of(person, int(goal.number), 1)
    return path.replace("{goal}", goal.id).replace("{entry}", "1").replace("{progress_id}", entry)


def payable(monkeypatch: pytest.MonkeyPatch, api: Api, person: Person, body: Mapping[str, Any]) -> dict[str, Any]:
    """An order that exists, and its payment where the example names one."""
    stripe = bank.opened(monkeypatch, api)
    people.verified(person.id)
    order = commerce.a_pending_order(person.id, commerce.a_priced_course())
    if "payment_intent_id" not in body:
        return {"order_id": order.id}
    begun = api.post("/payments/create-payment-intent", {"order_id": order.id}, token=person.access).json()
    stripe.stripe.pay(begun["payment_intent_id"])
    return {"order_id": order.id, "payment_intent_id": begun["payment_intent_id"]}


@pytest.mark.row("K70", "M141")
@pytest.mark.parametrize("route", WITH_BODY, ids=[route.name for route in WITH_BODY])
def test_the_example_of_a_body_is_accepted(route: Route, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    person = api.register("student", email="student@learnflow.example", password=PASSWORD)
    other = api.register("other")
    caller = api.admin() if "admin" in route.policy.roles else person
    path = route.path.replace("{user_id}", other.id)
    if "{certificate_id}" in path:
        path = path.replace("{certificate_id}", certificates.certificate(person.id).id)
    if path.endswith("/override"):
        course = courses.a_course(caller.id)
        path = path.replace("{enrollment_id}", enrollments.enroll(courses.act(other.id), course.id).enrollment.id)
    if route.path.endswith("/unsubscribe"):
        path += f"?token={mail_tokens.unsubscribe_token(person.id, 'tips')}"
    if "coupon" in path:
        shop.a_code(code="EARLY-BIRD" if "{" in path or "/cart" in path else "LATE-BIRD")
        commerce.a_cart(person.id, products.PREMIUM, shop.sold(other.id).id)
        path = path.replace("{code}", "EARLY-BIRD")
    if path.endswith("/refunds"):
        people.verified(person.id)
        order = commerce.a_paid_order(person.id, commerce.a_priced_course(other.id))
        path = path.replace("{order_id}", order.id)
    if path.endswith("/create-from-cart"):
        people.verified(person.id)
        commerce.a_cart(person.id, shop.sold(other.id).id)
    body = filled(route, example_of(route), person)
    if "payment-intent" in path or "confirm-payment" in path:
        body |= payable(monkeypatch, api, person, body)
    path, body = taught(intended(path, person.id), body, person.id)
    reply = api.call(route.method, path, body, token=caller.access)
    assert reply.status == route.status, reply.body
