"""The mail provider as it behaves on a bad day: it accepts, refuses, is out of reach, or accepts and falls silent.

Stands between the product's client of SES and the engine, so whatever it accepts lies in the engine's inbox too. Its
ledger says what was accepted, which is what the recipient gets, whatever our side believes.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from chalicelib import aws, clock
from chalicelib.messaging import mailer
from infra.local.invocation import Killed

EVENT = "before-send.sesv2.SendEmail"
#: What the provider does with one request; None is what it does on a good day.
Mood = Callable[["MailFake", Any], Any]


@dataclass(frozen=True)
class Sent:
    """One mail that the provider accepted."""

    to: str
    text: str
    at: datetime


@dataclass
class MailFake:
    """`mood` chooses for each request what happens to it; it is asked with the address the letter goes to."""

    mood: Callable[[str], Mood] = field(default=lambda _: accept)
    accepted: list[Sent] = field(default_factory=list)
    calls: list[datetime] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.client = aws.client("sesv2", attempts=1, read_seconds=mailer.READ_SECONDS)
        self.client.meta.events.register_first(EVENT, self._listen)
        mailer.breaker.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.meta.events.unregister(EVENT, self._listen)
        mailer.breaker.close()

    def _listen(self, request: Any, **_: Any) -> Any:
        self.calls.append(clock.now())
        return self.mood(recipient(request))(self, request)

    def take(self, request: Any) -> Any:
        """Accept: into the engine's inbox, and into the ledger."""
        answer = self.client._endpoint.http_session.send(request)
        assert answer.status_code == 200, answer.content
        text = json.loads(request.body)["Content"]["Simple"]["Body"]["Text"]["Data"]
        self.accepted.append(Sent(recipient(request), text, clock.now()))
        return answer

    def copies(self, by: Callable[[Sent], str] = lambda sent: sent.to) -> Counter[str]:
        """How often each address was written to, or each of something else."""
        return Counter(by(sent) for sent in self.accepted)


def recipient(request: Any) -> str:
    (address,) = json.loads(request.body)["Destination"]["ToAddresses"]
    return str(address)


def accept(fake: MailFake, request: Any) -> Any:
    return fake.take(request)


def accept_then_timeout(fake: MailFake, request: Any) -> Any:
    """The mail is on its way, and we shall never hear of it."""
    fake.take(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def accept_then_kill(fake: MailFake, request: Any) -> Any:
    """The mail is on its way, and whoever sent it is no more."""
    fake.take(request)
    raise Killed


def out_of_reach(_: MailFake, request: Any) -> Any:
    raise ConnectTimeoutError(endpoint_url=request.url)


def refuse(code: str, status: int) -> Mood:
    def refused(_: MailFake, request: Any) -> AWSResponse:
        headers = {"content-type": "application/json", "x-amzn-ErrorType": code}
        return AWSResponse(request.url, status, headers, _Raw([json.dumps({"message": code}).encode()]))

    return refused


#: The ways in which a provider that is down says so.
DOWN: Sequence[Mood] = (
    refuse("ServiceUnavailable", 503),
    refuse("TooManyRequestsException", 429),
    refuse("SendingPausedException", 400),
    refuse("InternalServiceErrorException", 500),
    out_of_reach,
)


@dataclass
class _Raw:
    parts: list[bytes]

    def stream(self, **_: Any) -> list[bytes]:
        return self.parts
