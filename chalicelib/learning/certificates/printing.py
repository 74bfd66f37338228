"""Making the paper of a certificate, and taking it away. The workers' part: the API has neither fonts nor printer."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from chalicelib import aws
from chalicelib.errors import Stale
from chalicelib.learning.certificates import document, lending, paper
from chalicelib.learning.records import Certificate, Credential
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.record import moment_text
from chalicelib.table.writes import adjust, alone

#: What no worker is busy with any more.
OVERDUE = timedelta(minutes=5)


def keep(user_id: str, course_id: str, now: datetime) -> str:
    """Bring the paper in line with the certificate; returns what was done. Repeating it changes nothing."""
    certificate = reads.one(Certificate, keys.certificate(user_id, course_id))
    if certificate is None:
        return "no certificate"
    if certificate.status != "issued":
        _settle(certificate, int(certificate.issue) + 1)
        return "taken away"
    if certificate.printed_at is not None:
        return "there already"
    return _print(certificate, now)


def _print(certificate: Certificate, now: datetime) -> str:
    credential = reads.one(Credential, keys.credential(certificate.code))
    if credential is None:
        return "no credential"
    said = document.values(credential.disclosures or {})
    page = paper.drawn(
        paper.Certified(
            holder=said["holder"],
            course=said["course"],
            completed_on=date.fromisoformat(said["completed_on"]),
            instructor=said.get("instructor", ""),
            code=certificate.code,
            address=lending.check_address(certificate.code),
            expires_on=certificate.expires_at.date() if certificate.expires_at else None,
        )
    )
    _put(lending.place(certificate, int(certificate.issue)), page)
    lending.clear(certificate, range(1, int(certificate.issue)))
    return _mark(certificate, now)


def _mark(certificate: Certificate, now: datetime) -> str:
    """Printed, unless it was revoked or issued anew while the paper was made: then this one must go."""
    still = (Certificate.code == certificate.code) & (Certificate.status == "issued")
    actions = (Certificate.printed_at.set(now), Certificate.gsi1pk.remove(), Certificate.gsi1sk.remove())
    try:
        alone(adjust(certificate, *actions, where=still))
    except Stale:
        lending.clear(certificate, range(int(certificate.issue), int(certificate.issue) + 1))
        return "overtaken"
    return "printed"


def _settle(certificate: Certificate, until: int) -> None:
    lending.clear(certificate, range(1, until))
    same = (Certificate.code == certificate.code) & (Certificate.status == certificate.status)
    try:
        alone(adjust(certificate, Certificate.gsi1pk.remove(), Certificate.gsi1sk.remove(), where=same))
    except Stale:
        return  # Issued anew meanwhile; that has a message of its own.


def overdue(now: datetime) -> Iterator[Certificate]:
    """Certificates without a paper that have waited for it longer than a worker takes. The index may lag."""
    before = moment_text(now - OVERDUE)
    for each in reads.all_of(keys.unprinted(), index="gsi1", between=("0", before)):
        if isinstance(each, Certificate):
            yield each


def _put(place: str, page: bytes) -> None:
    aws.client("s3").put_object(
        Bucket=settings.certificates_bucket, Key=place, Body=page, ContentType="application/pdf"
    )
