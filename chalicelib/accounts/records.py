"""What accounts keep in the table. No decisions here."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.table import keys, reads
from chalicelib.table.record import MomentAttribute, Record, words
from chalicelib.web.identity import Standing


class User(Record, discriminator="user"):
    """A person. Whatever may be shown to others is said by the answer models, not here."""

    withheld = frozenset({"password_hash"})

    id = UnicodeAttribute()
    username = UnicodeAttribute()
    email = UnicodeAttribute()
    password_hash = UnicodeAttribute()
    first_name = UnicodeAttribute(default="")
    last_name = UnicodeAttribute(default="")
    headline = UnicodeAttribute(default="")
    bio = UnicodeAttribute(default="")
    avatar_url = UnicodeAttribute(null=True)
    website = UnicodeAttribute(null=True)
    language = UnicodeAttribute(default="en")
    time_zone = UnicodeAttribute()
    #: The date that was being counted when the zone was last changed, and its end; quotas go on with it until then.
    held_day = UnicodeAttribute(null=True)
    held_until = MomentAttribute(null=True)
    listed = BooleanAttribute(default=True)
    roles = words()
    account_kind = UnicodeAttribute(default="standard")
    tier = UnicodeAttribute(default="free")
    #: The order that pays for the tier, where one does.
    tier_order_id = UnicodeAttribute(null=True)
    verified_at = MomentAttribute(null=True)
    banned_at = MomentAttribute(null=True)
    erasure_due = MomentAttribute(null=True)
    erased_at = MomentAttribute(null=True)
    #: Kinds of mail this person does not want.
    refused_mail = words(default=list)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.username


class UsernameClaim(Record, discriminator="username"):
    """Makes a username unique, and is the person's entry in the directory."""

    user_id = UnicodeAttribute()
    username = UnicodeAttribute()
    listed = BooleanAttribute()


class AddressClaim(Record, discriminator="address"):
    """Makes a mail address unique; the address itself stands only in the user item."""

    user_id = UnicodeAttribute()


class Session(Record, discriminator="session"):
    """One sign-in on one device: a refresh family. `turn` counts its refresh tokens; `rotated_at` dates the newest."""

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    #: Lives as long as the standing has the same session version.
    version = NumberAttribute()
    turn = NumberAttribute()
    rotated_at = MomentAttribute()
    expires_at = MomentAttribute()
    ends_at = MomentAttribute()
    device = UnicodeAttribute(default="")
    place = UnicodeAttribute(default="")


class MailToken(Record, discriminator="mail_token"):
    """Permission that the bearer of one mail has, once: the token in the mail proves itself, this says it is unused.

    A used one stays until it expires, so that a mail sent twice does not bring it back to life.
    """

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    purpose = UnicodeAttribute()
    expires_at = MomentAttribute()
    used_at = MomentAttribute(null=True)


def user(user_id: str, *, consistent: bool = True) -> User | None:
    return reads.one(User, keys.user(user_id), consistent=consistent)


def standing(user_id: str) -> Standing | None:
    return reads.one(Standing, keys.standing(user_id))
