"""Everything the environment decides, read once at start; the only reader of `os.environ`.

A missing name stops the start and is called by name. docs/configuration.md is made from what is declared here.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any


class MissingSetting(RuntimeError):
    """The environment lacks a name that the product cannot do without."""


class SettingInvalid(RuntimeError):
    """The product cannot work with the value of this name."""


@dataclass(frozen=True, slots=True)
class Quota:
    """So many in so many seconds."""

    limit: int
    seconds: int


#: Those in which something can be sold; each has hundredths. `catalog/schemas/fields.py` takes the same in bodies.
CURRENCIES = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "INR", "NZD", "SGD", "USD", "ZAR"})
HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Named:
    """A name in the environment. Without a default it has to be there; `local` is the local stage's own default."""

    name: str
    meaning: str
    default: str | None
    local: str | None
    parse: Callable[[str], Any]

    def value(self, env: Mapping[str, str], local: bool) -> Any:
        default = self.local if local and self.local is not None else self.default
        text = env.get(self.name) or default
        if text is None:
            raise MissingSetting(self.name)
        try:
            return self.parse(text)
        except ValueError as wrong:
            raise SettingInvalid(f"{self.name}: {wrong}") from wrong


def _named(
    name: str, meaning: str, default: str | None = None, local: str | None = None, parse: Callable[[str], Any] = str
) -> Any:
    return field(metadata={"named": Named(name, meaning, default, local, parse)})


def _address(text: str) -> str:
    return text.rstrip("/")


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(",") if word.strip())


def _currency(text: str) -> str:
    if text not in CURRENCIES:
        raise ValueError(f"not a currency that is taken: {text}")
    return text


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not least <= int(text) <= most:
            raise ValueError(f"not from {least} to {most}: {text}")
        return int(text)

    return parse


def _truth(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a limit counts, its name in the environment (`LIMIT_<NAME>`), and its default."""

    meaning: str
    quota: Quota
    #: Those per network address are a hundred times as wide where one person explores from one machine.
    per_address: bool = False


SCOPES: Mapping[str, Scope] = {
    "anonymous": Scope("requests without a token, per network address", Quota(100, HOUR), per_address=True),
    "user": Scope("requests of a person", Quota(1000, HOUR)),
    "register": Scope("registrations per network address", Quota(10, HOUR), per_address=True),
    "login_address": Scope("failed sign-ins per network address", Quota(20, 15 * 60), per_address=True),
    "login_pair": Scope("failed sign-ins per account and network address", Quota(5, 15 * 60)),
    "login_account": Scope("failed sign-ins per account; then they are delayed", Quota(50, DAY)),
    "reset": Scope("mails about a forgotten password, per account", Quota(3, HOUR)),
    "resend": Scope("mails that verify an address, per account", Quota(3, HOUR)),
    "mailed_token": Scope("uses of mailed links per network address", Quota(30, HOUR), per_address=True),
    "password_check": Scope("checks of the present password, per person", Quota(10, 15 * 60)),
    "upload": Scope("forms for uploads, per person", Quota(100, HOUR)),
    "coupon": Scope("codes that a person tries on a cart", Quota(30, HOUR)),
    "checkout": Scope("payments that a person begins", Quota(20, HOUR)),
    "tier_free": Scope("requests about progress of goals, free tier", Quota(10, DAY)),
    "tier_premium": Scope("the same, premium tier", Quota(1000, DAY)),
}


@dataclass(frozen=True, slots=True)
class Settings:
    region: str
    quotas: Mapping[str, Quota]
    stage: str = _named("STAGE", "`local`, `dev`, `staging` or `prod`")
    table_name: str = _named("TABLE_NAME", "the one table")
    resource_prefix: str = _named("RESOURCE_PREFIX", "what the names of queues begin with")
    audit_heads_bucket: str = _named("AUDIT_HEADS_BUCKET", "where the nightly heads of the audit chain go")
    ml_bucket: str = _named("ML_BUCKET", "where the datasets for machine learning go")
    certificates_bucket: str = _named("CERTIFICATES_BUCKET", "where the papers of certificates and orders lie")
    catalog_bucket: str = _named("CATALOG_BUCKET", "where the files of the catalogue lie")
    media_bucket: str = _named("MEDIA_BUCKET", "where uploads go")
    media_address: str = _named("MEDIA_ADDRESS", "what addresses of pictures for everybody begin with", parse=_address)
    keys_parameter: str = _named("KEYS_PARAMETER", "the SSM SecureString that holds the signing keys")
    payments_parameter: str = _named("PAYMENTS_PARAMETER", "the SSM SecureString that holds Stripe's keys")
    stripe_role: str = _named(
        "STRIPE_ROLE", "which of Stripe's keys is used: `api`, or `worker` in workers", default="api"
    )
    stripe_publishable: str = _named(
        "STRIPE_PUBLISHABLE", "what pages of clients tell Stripe who they are with; no secret", default=""
    )
    stripe_api_base: str = _named(
        "STRIPE_API_BASE", "what addresses of Stripe's API begin with", default="https://api.stripe.com", parse=_address
    )
    public_url: str = _named("PUBLIC_URL", "what links in mails and problems begin with", parse=_address)
    web_url: str = _named(
        "WEB_URL",
        "where people find the web client, for the buttons of mails; empty: mails have none that lead there",
        default="",
        parse=_address,
    )
    mail_sender: str = _named("MAIL_SENDER", "the sender of all mail")
    mail_tracking: str = _named("MAIL_TRACKING", "the SES configuration set that reports bounces", default="")
    version: str = _named("APP_VERSION", "shown by `/api/health`", default="0.0.0")
    commit: str = _named("APP_COMMIT", "shown by `/api/health`", default="unknown")
    cors_allowed_origins: frozenset[str] = _named(
        "CORS_ALLOWED_ORIGINS", "web clients: exact origins, separated by commas", default="", parse=_words
    )
    media_hosts: frozenset[str] = _named(
        "MEDIA_HOSTS", "hosts that pictures in profiles may come from, separated by commas", default="", parse=_words
    )
    enable_cache: bool = _named(
        "ENABLE_CACHE", "copies that an instance keeps for seconds; off changes no answer", default="true", parse=_truth
    )
    instructors_register_themselves: bool = _named(
        "INSTRUCTOR_REGISTRATION", "whether people may register as instructors", default="true", parse=_truth
    )
    verification_required_for: frozenset[str] = _named(
        "VERIFICATION_REQUIRED_FOR",
        "what waits for a verified mail address, separated by commas",
        default="buying,reviewing,publishing",
        parse=_words,
    )
    default_zone: str = _named("DEFAULT_TIME_ZONE", "the zone of accounts that name none", default="Asia/Kolkata")
    reminder_time_zone: str = _named(
        "REMINDER_TIME_ZONE", "the zone whose midnight reminders of goals are of; empty: DEFAULT_TIME_ZONE", default=""
    )
    reminder_days: int = _named(
        "REMINDER_DAYS", "days without activity until a goal's owner is reminded, and again", default="7", parse=int
    )
    abandoned_nudge_days: int = _named(
        "ABANDONED_NUDGE_DAYS", "days until somebody who enrolled and never began is reminded", default="14", parse=int
    )
    abandoned_cancel_days: int = _named(
        "ABANDONED_CANCEL_DAYS", "days until a free enrollment that was never begun ends", default="30", parse=int
    )
    currency: str = _named(
        "CURRENCY", "of what we sell ourselves, such as the premium tier", default="USD", parse=_currency
    )
    premium_price_minor: int = _named(
        "PREMIUM_PRICE_MINOR", "price of the premium tier, in hundredths", default="4900", parse=_whole(0, 99_999_999)
    )
    smallest_charge_minor: int = _named(
        "SMALLEST_CHARGE_MINOR",
        "the least that Stripe charges, in hundredths",
        default="50",
        parse=_whole(1, 99_999_999),
    )
    platform_fee_percent: int = _named(
        "PLATFORM_FEE_PERCENT", "what the platform keeps of a sale, in percent", default="20", parse=_whole(0, 100)
    )
    # Stripe forgets the key of a payment after a day; by then its order must be over.
    reservation_minutes: int = _named(
        "RESERVATION_MINUTES",
        "how long an unpaid order holds price, seats and code; less than 23 hours",
        default="30",
        parse=_whole(1, 23 * 60 - 1),
    )
    refund_days: int = _named(
        "REFUND_DAYS", "days within which buyers may ask for their money", default="30", parse=int
    )
    refund_watched_percent: int = _named(
        "REFUND_WATCHED_PERCENT", "with how much progress buyers may not any more, in percent", default="30", parse=int
    )
    dispute_closes_access: bool = _named(
        "DISPUTE_CLOSES_ACCESS",
        "whether what was bought is closed while the payment is disputed; a lost dispute closes what it takes back",
        default="true",
        parse=_truth,
    )
    aws_attempts: int = _named("AWS_ATTEMPTS", "tries per AWS call; workers have 10", default="4", parse=int)
    # A slow limiter must not slow the answer; the emulation on a laptop deserves more patience.
    limiter_timeout: float = _named(
        "LIMITER_TIMEOUT", "seconds that a limiter may take", default="0.2", local="3.0", parse=float
    )
    fact_shards: int = 4
    fact_days: int = 35
    access_seconds: int = 15 * 60
    refresh_days: int = 7
    session_days: int = 30
    erasure_grace_days: int = 14
    password_minimum: int = 12
    issuer: str = "learnflow"

    @property
    def is_local(self) -> bool:
        return self.stage == "local"

    @property
    def origin(self) -> str:
        """What a browser calls our own pages: the public address without its path."""
        scheme, _, rest = self.public_url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def prefix(self) -> str:
        """What stands before our paths in the public address: "" with a name of our own, "/dev" at the gateway's."""
        return self.public_url.removeprefix(self.origin)

    @property
    def reminder_zone(self) -> str:
        return self.reminder_time_zone or self.default_zone

    def queue(self, name: str) -> str:
        return f"{self.resource_prefix}-{name}"


def names() -> dict[str, Named]:
    """By field, every name that is declared above; limits are in `SCOPES`."""
    return {each.name: each.metadata["named"] for each in fields(Settings) if "named" in each.metadata}


def fixed() -> dict[str, Any]:
    """The numbers that no environment changes."""
    return {each.name: each.default for each in fields(Settings) if each.default is not MISSING}


def read(env: Mapping[str, str]) -> Settings:
    local = env.get("STAGE") == "local"
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    if not region:
        raise MissingSetting("AWS_DEFAULT_REGION")
    values = {name: named.value(env, local) for name, named in names().items()}
    return Settings(**values, region=region, quotas=_quotas(env, local))


def _quotas(env: Mapping[str, str], local: bool) -> dict[str, Quota]:
    return {
        name: Quota(
            int(env.get(f"LIMIT_{name.upper()}", scope.quota.limit)) * (100 if local and scope.per_address else 1),
            scope.quota.seconds,
        )
        for name, scope in SCOPES.items()
    }


settings = read(os.environ)
