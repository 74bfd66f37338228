"""Where the papers of certificates lie: lending one by a signed link, and clearing them away.

The bucket keeps no old versions: a paper can be drawn again at any time, and what is deleted is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import aws
from chalicelib.errors import Conflict
from chalicelib.learning.records import Certificate
from chalicelib.settings import settings

LENT = timedelta(minutes=5)


class CertificateNotPrinted(Conflict):
    """The paper is being made; try again in a few seconds."""


class CertificateRevoked(Conflict):
    """This certificate has been revoked and has no paper."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that opens the paper for whoever has it, for a few minutes."""

    url: str
    expires_at: datetime


def check_address(code: str) -> str:
    """Where a stranger checks a certificate; the QR code on the paper leads there."""
    return f"{settings.public_url}/api/v1/certificates/verify/{code}"


def lend(certificate: Certificate, now: datetime) -> Link:
    if certificate.status == "revoked":
        raise CertificateRevoked
    if certificate.printed_at is None:
        raise CertificateNotPrinted(retry_after=3)
    wanted = {
        "Bucket": settings.certificates_bucket,
        "Key": place(certificate, int(certificate.issue)),
        "ResponseContentType": "application/pdf",
        "ResponseContentDisposition": f'attachment; filename="certificate-{certificate.code}.pdf"',
        "ResponseCacheControl": "private, no-store",
    }
    seconds = int(LENT.total_seconds())
    url = aws.client("s3").generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds)
    return Link(url, now + LENT)


def place(certificate: Certificate, issue: int) -> str:
    return f"{certificate.user_id}/{certificate.course_id}/{issue}.pdf"


def clear(certificate: Certificate, issues: Iterable[int]) -> None:
    """These issues of the paper are gone, whether they were there or not."""
    for issue in issues:
        aws.client("s3").delete_object(Bucket=settings.certificates_bucket, Key=place(certificate, issue))
