"""Stops mail to addresses that bounced for good, and to those whose owner complained."""

import json
from dataclasses import dataclass
from typing import Any

from chalicelib import logs
from chalicelib.accounts import bounces
from chalicelib.messaging import batches
from chalicelib.messaging.batches import Outcome
from chalicelib.table.acts import by_system

logs.configure()


@dataclass(frozen=True, slots=True)
class MailEvent:
    """What the provider tells of one mail. `addresses` are those to write to no more; often none."""

    id: str
    kind: str
    addresses: tuple[str, ...]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.each(event, "mail-events", parse, silence)


def parse(body: str) -> MailEvent:
    """Both of SES's dialects: event publishing says `eventType`, the older notifications `notificationType`."""
    document = json.loads(body)
    kind = str(document.get("eventType") or document["notificationType"]).lower()
    recipients: list[dict[str, str]] = []
    if kind == "complaint":
        recipients = document["complaint"]["complainedRecipients"]
    elif kind == "bounce" and document["bounce"]["bounceType"] == "Permanent":
        recipients = document["bounce"]["bouncedRecipients"]
    return MailEvent(document["mail"]["messageId"], kind, tuple(each["emailAddress"] for each in recipients))


def silence(told: MailEvent) -> Outcome:
    for address in told.addresses:
        bounces.silence(by_system(told.id), address, told.kind)
    return {"event": told.kind, "mail": told.id, "silenced": len(told.addresses)}
