"""The letter to a learner who enrolled and never began; `chalicelib/reactions.py` says when it is written."""

from datetime import datetime

from chalicelib.accounts import mail_tokens, records
from chalicelib.learning import idle, ids
from chalicelib.learning.letters import Nudge
from chalicelib.learning.records import Enrollment
from chalicelib.messaging.mailer import Outgoing
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.facts import Fact


def nudge(fact: Fact) -> Outgoing | None:
    """Nobody is reminded who has begun, left or refused meanwhile. May be called twice: the mailer sends once."""
    place = ids.enrolled(fact.subject)
    enrollment = reads.one(Enrollment, keys.enrollment(*place)) if place else None
    if enrollment is None or not idle.is_idle(enrollment):
        return None
    user = records.user(enrollment.user_id)
    if user is None or user.erased_at is not None or Nudge.refusable_as in user.refused_mail:
        return None
    token = mail_tokens.unsubscribe_token(user.id, Nudge.refusable_as)
    stop = f"{settings.public_url}/api/v1/mail/unsubscribe?token={token}"
    letter = Nudge(
        name=user.name,
        course=enrollment.course_title,
        enrolled=_date(enrollment.enrolled_at),
        ends=_date(datetime.fromisoformat(fact.payload["ends"])),
        link=settings.web_url,
        unsubscribe=stop,
    )
    return Outgoing(letter, user.email, unsubscribe=stop)


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
