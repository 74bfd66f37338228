"""The courses, enrollments, certificates and goals that Schemathesis acts on, for the people of its cast.

A course serves until an operation may spoil it: those of `SPOILING` get one of their own. What one request names, in
its path, its query and its body, belongs together.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from chalicelib import clock
from chalicelib.catalog import money
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.index import building
from chalicelib.catalog.records import Gate
from chalicelib.commerce import carts, receipts
from chalicelib.commerce.records import Order
from chalicelib.goals import goal_list
from chalicelib.goals.records import Goal
from chalicelib.insight import reports
from chalicelib.learning import enrollments, ids
from chalicelib.table import keys, reads
from chalicelib.table.acts import by_system
from chalicelib.table.writes import alone, put
from tests.factories import certificates, commerce, courses, goals, people, shelf, shop
from tests.security import crew
from tests.security.crew import Person

Values = dict[str, Callable[[], Any]]
_NEW = count(1)
LESSONS = 2
SPOILING = frozenset(
    {
        "put_course", "patch_course", "delete_course", "unpublish_course", "archive_course", "delete_enrollment",
        "put_lesson", "patch_lesson", "delete_lesson", "create_lesson", "create_lessons", "reorder_lessons",
        "add_section", "put_section", "patch_section", "delete_section",
    }
)  # fmt: skip
#: What a body of these may name is checked against what there is; the rest of the body is the test.
NOTHING: Values = {"media_id": lambda: None, "prerequisites": lambda: None, "cover_url": lambda: None}


class Props:
    """`teacher` and `student` tell who plays these parts at the moment."""

    def __init__(self, teacher: Callable[[], Person], student: Callable[[], Person]) -> None:
        self.teacher, self.student = teacher, student
        self._courses: dict[str, str] = {}
        building.rebuild(())
        self.day = (clock.now() - timedelta(days=1)).date()
        reports.make(by_system("req-of-the-props"), self.day)

    def course(self, name: str = "") -> str:
        """A published one of the teacher's."""
        owner = self.teacher().id
        kept = None if name in SPOILING else self._courses.get(owner)
        if kept is not None and _serves(kept):
            return kept
        made: str = courses.a_course(owner, LESSONS).id
        if name not in SPOILING:
            self._courses[owner] = made
        return made

    def listed(self) -> str:
        """One that the catalogue shows."""
        course = self.course()
        building.rebuild([course])
        shelf.looked_away()
        return course

    def enrolled(self, course: str) -> str:
        student = self.student().id
        enrollments.enroll(crew.act(student), course)
        return student

    def goal(self) -> Goal:
        """One of the student's that is not completed."""
        student = self.student().id
        found = [goal for goal in goal_list.of(student) if goal.status != "completed"]
        return found[0] if found else goals.a_goal(student)

    def discount(self) -> tuple[str, str]:
        """A course in the student's cart, which has nothing else in it, and a code that holds for it."""
        student = self.student().id
        carts.clear(crew.act(student))
        course = shop.sold(self.teacher().id).id
        commerce.a_cart(student, course)
        return course, shop.a_code().code

    def total(self) -> str:
        """What is in the cart of the student, whose address is verified, comes to."""
        people.verified(self.student().id)
        self.discount()
        return money.decimal(shop.PRICE)

    def paid(self) -> Order:
        """An order of the student's, paid a moment ago."""
        paid = {"captured_minor": commerce.PRICE, "intent_id": f"pi_{next(_NEW)}", "charge_id": f"ch_{next(_NEW)}"}
        return commerce.a_stored_record(self.student().id, paid_at=clock.now(), **paid)

    def values(self, name: str) -> Values:
        """By the name of a field or parameter: how to make a value that works. One course for the whole request."""
        course = cache(lambda: self.listed() if name == "list_related_courses" else self.course(name))
        lesson = cache(lambda: lesson_of(course(), 1))
        category = cache(lambda: courses.a_category().id)
        certificate, goal = cache(self.certificate), cache(self.goal)
        named: Values = {
            "course_id": course,
            "course": course,
            "lesson_id": lesson,
            "lesson": lesson,
            "section_id": lambda: courses.a_section(course()),
            "category_id": category,
            "category": category,
            "parent_id": lambda: None,
            "parent": lambda: None,
            "enrollment_id": lambda: ids.enrollment_of(self.enrolled(course()), course()),
            "progress_id": lambda: ids.progress_of(self.enrolled(course()), course(), 1),
            "certificate_id": lambda: certificate()[0],
            "code": lambda: certificate()[1],
            "user": lambda: self.student().id,
            "goal": lambda: goal().id,
            "entry": lambda: str(int(goals.logged(goal()).number)),
            "order_id": lambda: commerce.a_stored_record(self.student().id).id,
        }
        sorted_as: Values = {"category": lambda: "Minor"}
        own_code: Values = {"code": lambda: shop.a_code(self.teacher().id).code}
        no_code_yet: Values = {"code": lambda: f"NEW-{next(_NEW)}"}
        sold: Values = dict.fromkeys(("course_id", "course"), lambda: shop.sold(self.teacher().id).id)
        bought = cache(self.paid)
        paid: Values = {"order_id": lambda: bought().id}
        line: Values = {"course_ids": lambda: [bought().lines[0]["id"]]}
        whole: Values = paid | line | {"amount": lambda: None, "amount_minor": lambda: None}
        discount: Values = {"code": lambda: self.discount()[1]}
        logged: Values = {"progress_id": lambda: goals.logged(goal()).id}
        own: dict[str, Values] = {
            "get_report": {"day": self.day.isoformat},
            "get_receipt": {"order_id": lambda: commerce.a_printed_record(self.student().id).id},
            "check_receipt": {"code": lambda: receipts.code_of(self.paid().id)},
            "get_statement": {"month": lambda: f"{self.day:%Y-%m}"},
            "report_sales": {"instructor_id": lambda: None, "from": lambda: None, "to": lambda: None},
            "reorder_lessons": {
                "lessons": lambda: [lesson_of(course(), number) for number in range(1, LESSONS + 1)],
                "sections": lambda: None,
            },
            "create_lesson": NOTHING,
            "put_lesson": NOTHING,
            "patch_lesson": NOTHING,
            "create_course": NOTHING,
            "put_course": NOTHING,
            "patch_course": NOTHING,
            "add_to_cart": sold,
            "remove_from_cart": {"item_id": lambda: self.discount()[0]},
            "use_coupon": discount,
            "create_order": {"expected_total": self.total, "expected_total_minor": lambda: None},
            "create_coupon": no_code_yet,
            "get_coupon": own_code,
            "patch_coupon": own_code,
            "delete_coupon": own_code,
            **dict.fromkeys(("list_refunds", "get_any_order"), paid),
            **dict.fromkeys(("ask_for_refund", "refund_order"), whole),
            "get_refund": {"refund_id": lambda: commerce.a_refund(self.paid()).id},
            "list_goals": sorted_as,
            "create_goal": sorted_as,
            "put_goal": sorted_as,
            "patch_goal": sorted_as,
            "get_goal_progress": logged,
            "put_goal_progress": logged,
            "patch_goal_progress": logged,
            "delete_goal_progress": logged,
        }
        return named | own.get(name, {})

    def certificate(self) -> tuple[str, str]:
        """The student's, in a course of the teacher's; with a paper, and with a name that has changed since."""
        made = certificates.certificate(self.student().id, certificates.course(self.teacher().id))
        made.holder, made.printed_at = "A former name", clock.now()
        alone(put(made))
        return made.id, made.code


def _serves(course: str) -> bool:
    """Whether anybody can still enroll: Schemathesis sends ids that it has seen, also to what spoils a course."""
    gate = reads.one(Gate, keys.gate(course))
    return gate is not None and gate.is_published and not (gate.is_deleted or gate.price_minor or gate.limited)
