"""What waits until a mail address is verified. Signing in and learning never do."""

from chalicelib.accounts.records import User
from chalicelib.errors import Forbidden
from chalicelib.settings import settings


class AddressUnverified(Forbidden):
    """This waits until you have verified your mail address; follow the link in the mail, or ask for another one."""


def waits(what: str, user: object) -> bool:
    """Whether `what` is still closed to this person. The table is asked, as a token may be older than the answer."""
    verified = isinstance(user, User) and user.verified_at is not None
    return what in settings.verification_required_for and not verified


def require(what: str, user: object) -> None:
    if waits(what, user):
        raise AddressUnverified
