"""The pages behind the links in mails. Opening one changes nothing (mail scanners open links too); its button does."""

from typing import Any

from chalicelib.accounts.preferences import KINDS
from chalicelib.settings import settings
from chalicelib.web import pages
from chalicelib.web.pages import Field
from chalicelib.web.routes import BASE, Ask, Reply


def _place(path: str) -> str:
    return f"{settings.prefix}{BASE}{path}"


def shown(ask: Ask[Any, Any], result: Any, title: str, text: str) -> Any:
    """The result as JSON for clients, or as a page for the person who pressed a button."""
    return pages.page(title, pages.paragraph(text)) if ask.exchange.is_form else result


def verify(token: str) -> Reply:
    text = pages.paragraph("Press the button to confirm that this mail address is yours.")
    form = pages.form(_place("/auth/email/verify"), [_hidden("token", token)], "Confirm my address")
    return pages.page("Confirm your mail address", text + form)


def reset(token: str) -> Reply:
    field = Field(
        "new_password",
        label="New password",
        kind="password",
        autocomplete="new-password",
        hint="At least 12 characters; several words that do not belong together are good.",
    )
    form = pages.form(_place("/auth/password/reset"), [_hidden("token", token), field], "Change my password")
    return pages.page("Choose a new password", form)


def unsubscribe(token: str, kind: str) -> Reply:
    text = pages.paragraph(f"You will not get this kind of mail any more: {KINDS.get(kind, kind)}.")
    form = pages.form(_place(f"/mail/unsubscribe?token={token}"), [], "Unsubscribe")
    return pages.page("Unsubscribe", text + form)


def _hidden(name: str, value: str) -> Field:
    return Field(name, kind="hidden", value=value)
