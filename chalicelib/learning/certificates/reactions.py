"""What follows from facts about certificates; `chalicelib/reactions.py` says from which.

Each reads its subject anew and may come late, twice and out of order.
"""

from chalicelib.accounts import records as people
from chalicelib.learning import ids
from chalicelib.learning.certificates import issuing, lending, letters, printing
from chalicelib.learning.ids import Enrolled
from chalicelib.learning.records import Certificate
from chalicelib.messaging.mailer import Outgoing
from chalicelib.table import acts, keys, reads
from chalicelib.table.facts import Fact


class NotAboutLearning(ValueError):
    """The fact's subject is neither an enrollment nor a certificate."""


def whose(fact: Fact) -> Enrolled:
    found = ids.enrolled(fact.subject) or ids.certified(fact.subject)
    if found is None:
        raise NotAboutLearning(fact.subject)
    return found


def issue_certificate(fact: Fact) -> str:
    """After a completed course: the certificate, and its paper."""
    user_id, course_id = whose(fact)
    act = acts.by_system(fact.request_id)
    if issuing.issue(act, user_id, course_id) is None:
        return "none is due"
    return printing.keep(user_id, course_id, act.now)


def keep_paper(fact: Fact) -> str:
    """After a reissue or a revocation: the paper that belongs to the certificate as it is now, or none."""
    user_id, course_id = whose(fact)
    return printing.keep(user_id, course_id, acts.by_system(fact.request_id).now)


def certificate_ready(fact: Fact) -> Outgoing | None:
    user_id, course_id = whose(fact)
    user = people.user(user_id)
    certificate = reads.one(Certificate, keys.certificate(user_id, course_id))
    if user is None or user.erased_at is not None or certificate is None or certificate.status != "issued":
        return None
    letter = letters.CertificateReady(
        name=user.name,
        course=certificate.course_title,
        code=certificate.code,
        link=lending.check_address(certificate.code),
    )
    return Outgoing(letter, user.email)
