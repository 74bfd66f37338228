"""Everything that follows from anything, on one screen: the name of a fact, and what is done about it.

A reaction waits in the queue of its family, so that families never hold up one another; its worker finds it here by
its name. A new reaction is one line. Reactions may come late, twice and out of order.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.accounts import reactions as accounts
from chalicelib.messaging.mailer import Outgoing
from chalicelib.messaging.router import EVERY, Reaction, Reactions
from chalicelib.table.facts import Fact

Write = Callable[[Fact], Outgoing | None]


def _letter(write: Write) -> Reaction:
    return Reaction("emails", write)


REACTIONS: Reactions = {
    EVERY: [Reaction("history", accounts.keep)],
    "user.registered": [_letter(accounts.verify_address)],
    "user.verified": [_letter(accounts.welcome)],
    "user.password_changed": [_letter(accounts.password_changed)],
    "user.password_reset": [_letter(accounts.password_changed)],
    "user.token_reused": [_letter(accounts.strange_sign_in)],
    "user.banned": [_letter(accounts.account_banned)],
    "user.erasure_requested": [_letter(accounts.erasure_scheduled)],
    "user.erasure_cancelled": [_letter(accounts.erasure_cancelled)],
    "auth.verification_requested": [_letter(accounts.verify_address_again)],
    "auth.reset_requested": [_letter(accounts.reset_password)],
}


def of_queue(queue: str) -> dict[str, Callable[..., Any]]:
    """What a worker of this queue may be asked to do, by name."""
    return {each.name: each.do for following in REACTIONS.values() for each in following if each.queue == queue}
