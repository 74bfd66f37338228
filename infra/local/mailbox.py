"""Every mail the product sent, read from the engine's own inbox; the mail page and tests use it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local.cloud import Cloud


@dataclass(frozen=True)
class Mail:
    to: list[str]
    subject: str
    text: str
    html: str
    sent_at: str


def inbox(cloud: Cloud, kept: Path | None = None) -> list[Mail]:
    """Every mail, newest first; `kept` holds those of earlier runs (the engine forgets mail when it stops)."""
    answer = json.loads(cloud.ask("/_ministack/ses/messages"))
    fresh = [as_mail(message) for messages in answer["messages"].values() for message in messages]
    return sorted({mail_key(mail): mail for mail in (*earlier(kept), *fresh)}.values(), key=sent_at, reverse=True)


def keep(cloud: Cloud, kept: Path) -> None:
    """Write all mail down, so that a data folder has it after a restart."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps([asdict(mail) for mail in inbox(cloud, kept)]), "utf-8")


def earlier(kept: Path | None) -> list[Mail]:
    if kept is None or not kept.exists():
        return []
    return [Mail(**mail) for mail in json.loads(kept.read_text("utf-8"))]


def as_mail(message: dict[str, Any]) -> Mail:
    moment = datetime.fromtimestamp(message["Timestamp"], UTC)
    return Mail(
        to=list(message["To"]),
        subject=message["Subject"],
        text=message["BodyText"] or "",
        html=message["BodyHtml"] or "",
        sent_at=moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    )


def mail_key(mail: Mail) -> tuple[str, ...]:
    return (mail.sent_at, mail.subject, *mail.to)


sent_at: Callable[[Mail], str] = lambda mail: mail.sent_at  # noqa: E731
