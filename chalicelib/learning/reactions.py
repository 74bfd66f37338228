"""Letters that follow from the facts of learning; `chalicelib/reactions.py` says from which.

Each reads learner and enrollment anew. None means that nobody wants the letter any more.
"""

from chalicelib.accounts import mail_tokens
from chalicelib.accounts import records as people
from chalicelib.accounts.records import User
from chalicelib.learning import completion, ids, letters
from chalicelib.learning.records import Enrollment
from chalicelib.messaging.mailer import Outgoing
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.facts import Fact


def enrollment_confirmed(fact: Fact) -> Outgoing | None:
    """Not to somebody who has left again meanwhile. Of what was ordered, the letter of the order tells."""
    found = _learner(fact)
    if found is None or found[1].status != "active" or found[1].order_id is not None:
        return None
    user, enrollment = found
    letter = letters.EnrollmentConfirmed(name=user.name, course=enrollment.course_title, link=settings.web_url)
    return Outgoing(letter, user.email)


def course_finished(fact: Fact) -> Outgoing | None:
    found = _learner(fact)
    kind = letters.CourseFinished.refusable_as
    if found is None or found[1].completed_at is None or kind in found[0].refused_mail:
        return None
    user, enrollment = found
    token = mail_tokens.unsubscribe_token(user.id, kind)
    stop = f"{settings.public_url}/api/v1/mail/unsubscribe?token={token}"
    letter = letters.CourseFinished(
        name=user.name,
        course=enrollment.course_title,
        lessons=completion.of(enrollment).total,
        link=settings.web_url,
        unsubscribe=stop,
    )
    return Outgoing(letter, user.email, unsubscribe=stop)


def _learner(fact: Fact) -> tuple[User, Enrollment] | None:
    place = ids.enrolled(fact.subject)
    if place is None:
        return None
    user, enrollment = people.user(place.user), reads.one(Enrollment, keys.enrollment(*place))
    return None if user is None or user.erased_at is not None or enrollment is None else (user, enrollment)
