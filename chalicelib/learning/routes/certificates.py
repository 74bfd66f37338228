"""Certificates: one's own, and the public check that a stranger makes."""

from typing import Any

from chalicelib.learning.certificates import check_page, holding, issuing, lending, verifying
from chalicelib.learning.certificates.document import Sealed
from chalicelib.learning.certificates.holding import CertificateChanged, CertificateUnknown, NotYoursToJudge, Viewer
from chalicelib.learning.certificates.issuing import CertificateUpToDate
from chalicelib.learning.certificates.lending import CertificateNotPrinted, CertificateRevoked, Link
from chalicelib.learning.records import Certificate
from chalicelib.learning.schemas.certificates import (
    CertificateIn,
    CertificateOut,
    CodeQuery,
    CredentialIn,
    CredentialOut,
    PaperOut,
    RevocationIn,
    VerificationOut,
)
from chalicelib.table.pages import Page
from chalicelib.web.policies import anyone, signed_in, teacher
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Certificates")


def _viewer(ask: Ask[Any, Any]) -> Viewer:
    return Viewer(ask.caller.id, "admin" in ask.caller.roles)


@routes.get("/certificates", policy=signed_in, lists=CertificateOut)
def list_certificates(ask: Ask[None, None]) -> Page[Certificate]:
    """Your certificates, newest first"""
    found = holding.all_of(ask.caller.id)
    return Page(found, count=len(found))


@routes.get("/certificates/verify", policy=anyone, media="text/html")
def certificate_check_page(ask: Ask[None, CodeQuery]) -> Reply:
    """The page on which a code is typed in and checked"""
    return check_page.asked(ask.query.code, verifying.verify(ask.query.code, ask.now))


@routes.post("/certificates/verify", policy=anyone, gives=VerificationOut)
def verify_credential(ask: Ask[CredentialIn, None]) -> verifying.Verification:
    """Check a whole credential, as its holder has passed it on

    One changed byte, and it is `altered`.
    """
    return verifying.verify_whole(ask.body.sealed(), ask.now)


@routes.get("/certificates/verify/{code}", policy=anyone, gives=VerificationOut)
def verify_certificate(ask: Ask[None, None], code: str) -> Any:
    """Is the certificate with this code real?

    Answers 200 whatever the code is: `valid` says it. A browser gets a page (`Accept: text/html`).
    """
    return check_page.shown(ask.exchange, verifying.verify(code, ask.now))


@routes.get(
    "/certificates/{certificate_id}",
    policy=signed_in,
    gives=CertificateOut,
    standing="confirmed",
    errors=(CertificateUnknown,),
)
def get_certificate(ask: Ask[None, None], certificate_id: str) -> Certificate:
    """A certificate, by its id or its code; yours, or of a course you teach"""
    return holding.one(certificate_id, _viewer(ask))


@routes.patch(
    "/certificates/{certificate_id}",
    policy=signed_in,
    gives=CertificateOut,
    errors=(CertificateUnknown, CertificateChanged),
)
def patch_certificate(ask: Ask[CertificateIn, None], certificate_id: str) -> Certificate:
    """Choose what strangers see of your certificate

    The public check keeps to it from the next request on. The paper shows everything: you decide who gets it.
    """
    return holding.show(ask.act, _viewer(ask), certificate_id, ask.body.wishes(), ask.expected_version)


@routes.get(
    "/certificates/{certificate_id}/pdf",
    policy=signed_in,
    gives=PaperOut,
    standing="confirmed",
    cache="no-store",
    errors=(CertificateUnknown, CertificateNotPrinted, CertificateRevoked),
)
def get_certificate_pdf(ask: Ask[None, None], certificate_id: str) -> Link:
    """A link to the PDF, good for five minutes"""
    return lending.lend(holding.one(certificate_id, _viewer(ask)), ask.now)


@routes.get(
    "/certificates/{certificate_id}/credential",
    policy=signed_in,
    gives=CredentialOut,
    standing="confirmed",
    errors=(CertificateUnknown,),
)
def get_certificate_credential(ask: Ask[None, None], certificate_id: str) -> Sealed:
    """The signed credential, for programs

    Pass it on as it is; `POST /certificates/verify` checks it. What you hide is left out.
    """
    certificate = holding.own(certificate_id, _viewer(ask))
    return verifying.sealed(holding.credential(certificate), set(certificate.hidden))


@routes.post(
    "/certificates/{certificate_id}/revoke",
    policy=teacher,
    gives=CertificateOut,
    errors=(CertificateUnknown, CertificateChanged, NotYoursToJudge),
)
def revoke_certificate(ask: Ask[RevocationIn, None], certificate_id: str) -> Certificate:
    """Take a certificate of your course back, with a reason"""
    return holding.revoke(ask.act, _viewer(ask), certificate_id, ask.body.reason, ask.expected_version)


@routes.post(
    "/certificates/{certificate_id}/reissue",
    policy=signed_in,
    gives=CertificateOut,
    errors=(CertificateUnknown, CertificateChanged, CertificateUpToDate, NotYoursToJudge),
)
def reissue_certificate(ask: Ask[None, None], certificate_id: str) -> Certificate:
    """Issue a certificate anew: with your new name, or (by who teaches it) after a revocation

    It gets a new code; the old code says `replaced` from then on, and nothing else.
    """
    return issuing.reissue(ask.act, _viewer(ask), certificate_id, ask.expected_version)
