"""What follows from the facts of goals, besides the change itself; `chalicelib/reactions.py` says from which."""

from datetime import date

from chalicelib.accounts import mail_tokens, records
from chalicelib.accounts.records import User
from chalicelib.goals import ledgers, reminders
from chalicelib.goals.letters import GoalsWaiting, Waiting
from chalicelib.goals.records import Goal
from chalicelib.messaging.letters import is_harmless, one_line
from chalicelib.messaging.mailer import Outgoing
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.facts import Fact

#: So many goals are told of in one letter; the others are only counted.
MOST = 20
LONGEST_NAME = 120


def remind_of_goals(fact: Fact) -> Outgoing | None:
    """Nobody is reminded of what was paused, completed, deleted or worked on meanwhile, or who refused meanwhile.

    May be called twice: the mailer sends once.
    """
    user, on = records.user(fact.subject), date.fromisoformat(fact.payload["date"])
    if user is None or reminders.is_quiet(user):
        return None
    goals = _still_idle(user.id, fact.payload["goals"], on)
    if not goals:
        return None
    token = mail_tokens.unsubscribe_token(user.id, GoalsWaiting.refusable_as)
    stop = f"{settings.public_url}/api/v1/mail/unsubscribe?token={token}"
    letter = GoalsWaiting(
        name=user.name,
        days=settings.reminder_days,
        link=settings.web_url,
        unsubscribe=stop,
        goals=tuple(_waiting(user, goal, on) for goal in goals[:MOST]),
        more=max(0, len(goals) - MOST),
    )
    return Outgoing(letter, user.email, unsubscribe=stop)


def _still_idle(user_id: str, numbers: list[int], on: date) -> list[Goal]:
    """Those idle for longest come first."""
    found = reads.many(keys.goal(user_id, int(number)) for number in numbers).values()
    idle = [each for each in found if isinstance(each, Goal) and reminders.is_idle(each, on)]
    return sorted(idle, key=lambda goal: (goal.active_at, int(goal.number)))


def _waiting(user: User, goal: Goal, on: date) -> Waiting:
    return Waiting(
        name=_name(user, goal),
        idle=_days((on - ledgers.day_of(goal.active_at)).days),
        logged=_hours(int(goal.logged_seconds)),
        deadline=_deadline(goal, on),
    )


def _name(user: User, goal: Goal) -> str:
    """As its owner wrote it. An address that nobody has verified may be a stranger's, and gets no advertisement."""
    name = one_line(goal.name)
    if user.verified_at is None and not is_harmless(name):
        return f"Goal {int(goal.number)}"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def _hours(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min" if minutes else "nothing yet"


def _deadline(goal: Goal, on: date) -> str:
    if not goal.deadline:
        return ""
    day = date.fromisoformat(goal.deadline)
    left = (day - on).days
    when = "over" if left < 0 else "today" if left == 0 else f"in {_days(left)}"
    return f"{day.day} {day:%B %Y} ({when})"


def _days(amount: int) -> str:
    return "1 day" if amount == 1 else f"{amount:,} days"
