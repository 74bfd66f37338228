"""What Schemathesis calls a failure and we do not: the whole list, each with its reason (decision 24).

An excuse is about what the answer of some operations says: a refusal for any other reason there still counts, and so
does the same reason anywhere else.
"""

import json
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

#: Codes of problems that say no more than that some fields are not acceptable.
GENERAL = frozenset({"fields_invalid", "invalid"})
#: The one check that is excused anything: good data was not taken.
REFUSED = "RejectedPositiveData"


@dataclass(frozen=True)
class Excuse:
    """`codes` are those of the problem, or of its fields; all that the answer names must be excused. `at` has the ids
    of the operations that have the rule, with `*` for any letters.
    """

    reason: str
    at: str
    codes: frozenset[str]

    def covers(self, operation: str, code: str) -> bool:
        return code in self.codes and any(fnmatchcase(operation, each) for each in self.at.split())


def _at(at: str, reason: str, *codes: str) -> Excuse:
    return Excuse(reason, at, frozenset(codes))


_ANYWHERE = "*"
_PASSWORDS = "change_password put_password"
_PROFILE = "put_profile patch_profile"
_CATALOGUE = "list_courses list_public_courses search"
_COURSES = "create_course put_course patch_course"
_LESSONS = "create_lesson create_lessons put_lesson patch_lesson"
_ROWS = "put_progress patch_progress"
_STEPS = f"record_progress put_lesson_progress patch_lesson_progress {_ROWS}"
_CODES = "create_coupon patch_coupon"
_REFUNDS = "ask_for_refund refund_order"
_AMOUNTS = "amount and amount_minor say different things"
_GOALS = "create_goal put_goal patch_goal"
_EDITED_ENTRIES = f"put_goal_entry patch_goal_entry put_goal_progress patch_goal_progress {_ROWS}"
_ENTRIES = f"log_progress {_EDITED_ENTRIES}"
_SUMMARIES = "weekly_* monthly_*"

_MEANT = "what there is, and what belongs to what, is in no schema"
_VERSION = "which version is the present one is in no schema"
_DAYS = "how far days and pages reach is said in words, not in the schema"
_TEXT = "what a text may hold beyond its length is said in words, not in the schema"
_UPLOAD = "which types and sizes a kind of upload may have is said in words, not in the schema"
_PAIR = "which fields belong together is said in words, not in the schema"

EXCUSES = (
    _at(
        f"register reset_password {_PASSWORDS}",
        "whether a password is common or about the person is in no schema",
        "password_weak",
    ),
    _at(f"{_PASSWORDS} delete_my_account", "which password is the caller's is in no schema", "wrong"),
    _at(
        "list_* search_users report_* get_earnings",
        "a cursor is signed by us; a schema knows its length",
        "cursor_invalid",
    ),
    _at(
        "verification_page verify_email reset_page reset_password unsubscribe_page unsubscribe",
        "a mailed token is signed by us; a schema knows its length",
        "mailed_token_invalid",
    ),
    _at("register add_role", "admin and premium are promised to be refused by name (X08, X10)", "not_by_yourself"),
    _at(_ANYWHERE, "JSON of any shape is taken, but 32 levels and 17 digits at most", "body_unreadable"),
    _at(_PROFILE, _VERSION, "profile_changed"),
    _at("*_category", _VERSION, "category_changed"),
    _at("*_course *_section reorder_lessons", _VERSION, "course_changed"),
    _at("*_lesson", _VERSION, "lesson_changed"),
    _at("delete_media", _VERSION, "media_changed"),
    _at("override_access", _VERSION, "override_changed"),
    _at("delete_enrollment", _VERSION, "enrollment_changed"),
    _at("*_certificate", _VERSION, "certificate_changed"),
    _at("patch_streak", _VERSION, "streak_changed"),
    _at("*_goal", _VERSION, "goal_changed"),
    _at(f"{_EDITED_ENTRIES} delete_goal_entry delete_goal_progress", _VERSION, "goal_entry_changed"),
    _at(f"{_COURSES} *_category {_LESSONS} {_GOALS}", _MEANT, "unknown"),
    _at("put_lesson patch_lesson", _MEANT, "fixed"),
    _at(_LESSONS, _MEANT, "of_the_course"),
    _at(_LESSONS, _MEANT, "no_course", "A lesson without a course names the class that it is for."),
    _at("reorder_lessons", _MEANT, "incomplete"),
    _at(f"{_STEPS} mark_lesson_complete log_progress", _MEANT, "of_another_course", "lesson_of_another"),
    _at("create_enrollment enroll_in_course", "what a course costs is in no schema", "payment_required"),
    _at("patch_streak", "what is over is in no schema", "vacation_in_the_past"),
    _at("patch_streak", _PAIR, "must last from 1 to 60 days"),
    _at(_ENTRIES, _DAYS, "in_future", "must not be before 2000-01-01"),
    _at(_SUMMARIES, _DAYS, "out_of_range"),
    _at("report_sales", _DAYS, "after_to", "too_far"),
    _at("report_sales", "who administers is in no schema", "sales_not_yours"),
    _at("list_goal_entries list_goal_progress export_goal_progress list_progress", _DAYS, "too_far"),
    _at(_ANYWHERE, _TEXT, "must not contain control characters", "must be a single line"),
    _at("register forgot_password resend_verification", _TEXT, "must be a mail address like name@example.org"),
    _at("register", _TEXT, "may contain the letters A to Z, digits and . + - _ only", "is reserved"),
    _at(f"register {_PROFILE}", _TEXT, "must be an IANA time zone like Asia/Kolkata"),
    _at(
        f"{_PROFILE} {_COURSES} {_LESSONS}",
        _TEXT,
        "must be an address like https://example.org/page",
        "must be on a host that everybody can reach, under the name people read",
        "must be on one of our media hosts; upload it first",
        "must not contain spaces, quotes, brackets or letters that are not ASCII",
    ),
    _at("list_audit_log verify_audit_log", _TEXT, "must be a day like 2026-01-31"),
    _at(
        f"{_LESSONS} {_STEPS} override_access",
        _TEXT,
        "must be a moment like 2026-01-31T08:00:00Z",
        "must lie between 2020 and 2200",
    ),
    _at(f"{_STEPS} mark_lesson_complete log_progress reorder_lessons", _TEXT, "must be the id of a lesson"),
    _at(_COURSES, _TEXT, "must name each only once"),
    _at(
        f"{_CATALOGUE} {_COURSES}",
        _TEXT,
        "must be an amount like 19.99, with at most two decimals and six digits before them",
    ),
    _at("list_enrollments", _TEXT, "Say whose enrollments: name a course or a user, or send scope=own."),
    _at("ask_upload", _UPLOAD, "not_taken", "too_large", "not_public"),
    _at("login", _PAIR, "send one of identifier, username and email"),
    _at("refresh logout", _PAIR, "refresh and refresh_token must not differ"),
    _at(_PASSWORDS, _PAIR, "send the present password as current_password", "send the new password as new_password"),
    _at("reset_password", _PAIR, "send the new password as new_password"),
    _at("patch_user", _PAIR, "send role or roles, not both"),
    _at(
        _COURSES,
        _PAIR,
        "price and price_minor say different things",
        "status and is_published say different things",
    ),
    _at(_CATALOGUE, _PAIR, "above_max_price"),
    _at("create_order", _PAIR, "expected_total and expected_total_minor say different things"),
    _at("create_order", _TEXT, "must be an amount like 19.99, with at most two decimals and seven digits before them"),
    _at("create_order", "what is in the cart, and what it comes to, is in no schema", "total_changed", "cart_empty"),
    _at("receive_stripe_event", "how Stripe signs is in no schema", "signature_invalid", "event_unreadable"),
    _at("add_to_cart", _PAIR, "send course_id or product"),
    _at("*_coupon", _VERSION, "coupon_changed"),
    _at(_CODES, _MEANT, "unknown"),
    _at(_CODES, _PAIR, "one_of", "with_amount", "with_scope", "before_start", _AMOUNTS),
    _at(_CODES, _TEXT, "must be a moment like 2026-01-31T08:00:00Z", "must lie between 2020 and 2200"),
    _at(_CODES, _TEXT, "must be an amount like 19.99, with at most two decimals and six digits before them"),
    _at(_CODES, _TEXT, "amount must be more than 0"),
    _at(_REFUNDS, _PAIR, _AMOUNTS),
    _at(_REFUNDS, _TEXT, "must be an amount like 19.99, with at most two decimals and six digits before them"),
    _at(_REFUNDS, _TEXT, "amount must be more than nothing"),
    _at("list_open_orders", _PAIR, "needs_user"),
    _at(_LESSONS, _PAIR, "send position or order, not both", "send course_id, kg_class, or both"),
    _at("reorder_lessons", _PAIR, "send sections or lessons"),
    _at(_STEPS, _PAIR, "send reset alone"),
    _at("list_goal_entries list_goal_progress list_progress report_progress", _PAIR, "send page or cursor, not both"),
    _at("list_goal_progress export_goal_progress", _PAIR, "before_from"),
    _at(_SUMMARIES, _PAIR, "not_with_rolling"),
    _at(f"{_GOALS} {_ENTRIES}", _PAIR, "differs"),
    _at(_ROWS, "which fields a row of progress has, its id tells", "unknown_field", "This field is required."),
)


class Judge:
    """Decides about each failure, and remembers how often it excused what."""

    def __init__(self) -> None:
        self.excused: Counter[str] = Counter()

    def keeps(self, failure: Any, response: Any, operation: str) -> bool:
        """Whether it is one. An alias has the rules of its operation."""
        codes = _codes(response) if type(failure).__name__ == REFUSED else set()
        reasons = [_reason(operation.partition("_alias_")[0], code) for code in codes]
        if not codes or not all(reasons):
            return True
        self.excused.update(reason for reason in set(reasons) if reason)
        return False


def _codes(response: Any) -> set[str]:
    try:
        problem = json.loads(response.content)
        own: str = problem["code"]
        return {_said(error) for error in problem["errors"]} if own in GENERAL else {own}
    except (ValueError, KeyError, TypeError):
        return set()


def _said(error: Any) -> str:
    """Rules of ours that are no plain limits all have one code; what they say tells them apart."""
    return str(error["message"] if error["code"] in ("value_error", "required") else error["code"])


def _reason(operation: str, code: str) -> str | None:
    return next((each.reason for each in EXCUSES if each.covers(operation, code)), None)
