"""Everything that follows from anything, on one screen: the name of a fact, and what is done about it.

A reaction waits in the queue of its family, so that families never hold up one another; its worker finds it here by
its name. A new reaction is one line. Reactions may come late, twice and out of order.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.accounts import reactions as accounts
from chalicelib.catalog import inspection, laid_words
from chalicelib.catalog.index import reactions as catalogue
from chalicelib.commerce import reactions as commerce
from chalicelib.commerce import refund_worker
from chalicelib.goals import lesson_time
from chalicelib.goals import reactions as goals
from chalicelib.insight import counting, reporting
from chalicelib.learning import nudging, snapshots
from chalicelib.learning import reactions as learning
from chalicelib.learning.certificates import reactions as certificates
from chalicelib.messaging.mailer import Outgoing
from chalicelib.messaging.router import EVERY, Reaction
from chalicelib.table.facts import Fact

Write = Callable[[Fact], Outgoing | None]


def _letter(write: Write) -> Reaction:
    return Reaction("emails", write)


REACTIONS: dict[str, list[Reaction]] = {
    EVERY: [Reaction("history", accounts.keep)],
    "user.registered": [_letter(accounts.verify_address)],
    "user.verified": [_letter(accounts.welcome)],
    "user.password_changed": [_letter(accounts.password_changed)],
    "user.password_reset": [_letter(accounts.password_changed)],
    "user.token_reused": [_letter(accounts.strange_sign_in)],
    "user.banned": [_letter(accounts.account_banned)],
    "user.erasure_requested": [_letter(accounts.erasure_scheduled)],
    "user.erasure_cancelled": [_letter(accounts.erasure_cancelled)],
    "auth.verification_requested": [_letter(accounts.verify_address_again)],
    "auth.reset_requested": [_letter(accounts.reset_password)],
    "enrollment.nudged": [_letter(nudging.nudge)],
    "goals.reminded": [_letter(goals.remind_of_goals)],
    "report.addressed": [_letter(reporting.daily_report)],
    "media.deleted": [Reaction("media", inspection.remove_media)],
    "enrollment.created": [
        _letter(learning.enrollment_confirmed),
        Reaction("projections", snapshots.renew_own_snapshot),
    ],
    "enrollment.revived": [Reaction("projections", snapshots.renew_own_snapshot)],
    "enrollment.completed": [
        _letter(learning.course_finished),
        Reaction("certificates", certificates.issue_certificate),
    ],
    "lesson.completed": [Reaction("projections", lesson_time.log_lesson)],
    "course.changed": [Reaction("projections", snapshots.renew_snapshots)],
    "course.curriculum_changed": [
        Reaction("projections", snapshots.renew_snapshots),
        Reaction("projections", laid_words.keep_words),
    ],
    "refund.requested": [Reaction("payments", refund_worker.give_refund)],
    "certificate.issued": [_letter(certificates.certificate_ready)],
    "certificate.reissued": [Reaction("certificates", certificates.keep_paper)],
    "certificate.revoked": [Reaction("certificates", certificates.keep_paper)],
    "order.paid": [_letter(commerce.order_confirmed), Reaction("receipts", commerce.print_receipt)],
    "order.declined": [_letter(commerce.payment_declined)],
    "order.refunded": [_letter(commerce.money_returned), Reaction("receipts", commerce.print_receipt)],
    "order.charged_back": [Reaction("receipts", commerce.print_receipt)],
    "order.disputed": [Reaction("receipts", commerce.address_dispute)],
    "dispute.addressed": [_letter(commerce.dispute_opened)],
    "refund.failed": [_letter(commerce.refund_failed), Reaction("receipts", commerce.note_failed_refund)],
}
#: Letters that are worth nothing the second time: where a worker dies between the provider's yes and our mark, or gets
#: no answer, they are not tried again. The next one comes in a week.
AT_MOST_ONCE = frozenset({goals.remind_of_goals.__name__})

# What is counted waits in a queue of its own: neither slow letters nor long lists of learners hold it up.
for _counted in counting.FACTS:
    REACTIONS.setdefault(_counted, []).append(Reaction("counters", counting.count))

# What a lesson or a course says is found within seconds; how many learn there, within a minute or two.
for _said in (
    *(f"course.{what}" for what in "created changed curriculum_changed published unpublished archived deleted".split()),
    *(f"lesson.{what}" for what in "created changed deleted".split()),
):
    REACTIONS.setdefault(_said, []).append(Reaction("catalog", catalogue.index_thing))
for _said in ("category.created", "category.changed", "category.deleted"):
    REACTIONS.setdefault(_said, []).append(Reaction("catalog", catalogue.index_shelves))
for _said in ("user.profile_changed", "user.banned", "user.unbanned", "user.erased"):
    REACTIONS.setdefault(_said, []).append(Reaction("catalog", catalogue.index_teacher))
for _said in ("enrollment.created", "enrollment.revived", "enrollment.cancelled", "enrollment.completed"):
    REACTIONS.setdefault(_said, []).append(Reaction("catalog", catalogue.index_numbers, delay=60))
REACTIONS["catalog.rebuild_asked"] = [Reaction("catalog", catalogue.index_anew)]


def of_queue(queue: str) -> dict[str, Callable[..., Any]]:
    """What a worker of this queue may be asked to do, by name."""
    return {each.name: each.do for following in REACTIONS.values() for each in following if each.queue == queue}
