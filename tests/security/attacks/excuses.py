"""What Schemathesis calls a failure and we do not: the whole list, each with its reason (decision 24).

An excuse is about what the answer says, never about an operation as a whole: a 422 for any other reason still counts.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

#: Codes of problems that say no more than that some fields are not acceptable.
GENERAL = frozenset({"fields_invalid", "invalid"})
REFUSED = "RejectedPositiveData"


@dataclass(frozen=True)
class Excuse:
    """`codes` are those of the problem, or of its fields; all that the answer names must be excused."""

    failure: str
    codes: frozenset[str]
    reason: str


TEXTS = frozenset(
    {
        "must not contain control characters",
        "must be a single line",
        "must be a mail address like name@example.org",
        "may contain the letters A to Z, digits and . + - _ only",
        "is reserved",
        "must be an IANA time zone like Asia/Kolkata",
        "must be an address like https://example.org/page",
        "must be on a host that everybody can reach, under the name people read",
        "must not contain spaces, quotes, brackets or letters that are not ASCII",
        "must be on one of our media hosts; upload it first",
        "must be a day like 2026-01-31",
        "must lie between 2020 and 2200",
        "must be the id of a lesson",
        "must name each only once",
        "must be an amount like 19.99, with at most two decimals and six digits before them",
        "A lesson without a course names the class that it is for.",
        "must be a moment like 2026-01-31T08:00:00Z",
        "must name fields of a course as a list shows it",
        "Say whose enrollments: name a course or a user, or send scope=own.",
    }
)
PAIRS = frozenset(
    {
        "send one of identifier, username and email",
        "refresh and refresh_token must not differ",
        "send the present password as current_password",
        "send the new password as new_password",
        "send role or roles, not both",
        "price and price_minor say different things",
        "status and is_published say different things",
        "send page or cursor, not both",
        "not_with_rolling",
        "differs",
        "send position or order, not both",
        "send course_id, kg_class, or both",
        "send sections or lessons",
        "send reset alone",
        "min_price is more than max_price",
    }
)
VERSIONS = frozenset(
    f"{what}_changed"
    for what in ("profile", "category", "course", "lesson", "override", "certificate", "goal", "goal_entry")
)
EXCUSES = (
    Excuse(REFUSED, frozenset({"password_weak"}), "whether a password is common or about the person is in no schema"),
    Excuse(REFUSED, frozenset({"cursor_invalid"}), "a cursor is signed by us; a schema knows only its length"),
    Excuse(REFUSED, frozenset({"mailed_token_invalid"}), "a mailed token is signed by us; a schema knows its length"),
    Excuse(REFUSED, frozenset({"wrong"}), "which password is the caller's is in no schema"),
    Excuse(REFUSED, VERSIONS, "which version is the present one is in no schema"),
    Excuse(
        REFUSED,
        frozenset({"unknown", "fixed", "no_course", "incomplete", "of_another_course"}),
        "what there is, and what belongs to what, is in no schema",
    ),
    Excuse(REFUSED, frozenset({"vacation_in_the_past"}), "what is over is in no schema"),
    Excuse(
        REFUSED,
        frozenset({"in_future", "out_of_range", "too_far", "must not be before 2000-01-01"}),
        "how far days and pages reach is said in words, not in the schema",
    ),
    Excuse(REFUSED, frozenset({"goal_completed"}), "what a goal has come to is in no schema"),
    Excuse(REFUSED, frozenset({"not_by_yourself"}), "admin and premium are promised to be refused by name (X08, X10)"),
    Excuse(REFUSED, frozenset({"body_unreadable"}), "JSON of any shape is taken, but 32 levels and 17 digits at most"),
    Excuse(REFUSED, TEXTS, "what a text may hold beyond its length is said in words, not in the schema"),
    Excuse(
        REFUSED,
        frozenset({"not_taken", "too_large", "not_public"}),
        "which types and sizes a kind of upload may have is said in words, not in the schema",
    ),
    Excuse(REFUSED, PAIRS, "which fields belong together is said in words, not in the schema"),
)


class Judge:
    """Decides about each failure, and remembers how often it excused what."""

    def __init__(self) -> None:
        self.excused: Counter[str] = Counter()

    def keeps(self, failure: Any, response: Any) -> bool:
        codes = _codes(response)
        reasons = [_reason(type(failure).__name__, code) for code in codes]
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


def _reason(failure: str, code: str) -> str | None:
    return next((each.reason for each in EXCUSES if each.failure == failure and code in each.codes), None)
