"""Which mail a person wants. What the account itself needs to say (passwords, safety) is always sent."""

from dataclasses import replace

from chalicelib.accounts import mail_tokens, people, records
from chalicelib.accounts.records import User
from chalicelib.table.acts import Act
from chalicelib.table.writes import change, persistently, together

#: Kinds of mail that can be refused, and what they are.
KINDS = {
    "tips": "Hints for getting started",
    "reminders": "Reminders of your goals and courses",
    "digests": "Summaries and reports",
    "milestones": "Congratulations on what you have finished",
    "news": "What is new on the platform",
}


def refuse(act: Act, kinds: list[str]) -> User:
    """The caller refuses exactly these kinds from now on."""
    return persistently(act, lambda: _refusing(act, people.me(act), sorted(set(kinds))))


def unsubscribe(act: Act, token: str) -> str:
    """The bearer of a mail refuses its kind; works without signing in, and as often as it is clicked."""
    user_id, kind = mail_tokens.unsubscribe_claim(token)
    act = replace(act, actor=user_id)

    def attempt() -> None:
        user = records.user(user_id)
        if user is not None and user.erased_at is None:
            _refusing(act, user, sorted({*user.refused_mail, kind}))

    persistently(act, attempt)
    return kind


def _refusing(act: Act, user: User, kinds: list[str]) -> User:
    if kinds == list(user.refused_mail):
        return user
    after = people.copied(user, {"refused_mail": kinds}, act.now)
    write = change(user, User.refused_mail.set(kinds), now=act.now)
    fact = act.fact("user.mail_preferences_changed", user.id, audience=[user.id], ver=int(after.ver), refused=kinds)
    detail = {"before": list(user.refused_mail), "after": kinds}
    return together(act, write, fact=fact, detail=detail, result=after)
