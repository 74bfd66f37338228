"""The letter that a certificate is there; its words are in `messaging/templates`."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.messaging.letters import Letter


@dataclass(frozen=True, kw_only=True)
class CertificateReady(Letter):
    subject: ClassVar[str] = "Your certificate is ready"
    course: str
    code: str
    link: str
