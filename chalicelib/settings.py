"""Everything the environment decides, read once at start; the only reader of `os.environ`.

A missing name stops the start and is called by name.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


class MissingSetting(RuntimeError):
    """The environment lacks a name that the product cannot do without."""


@dataclass(frozen=True, slots=True)
class Quota:
    """So many in so many seconds."""

    limit: int
    seconds: int


HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Settings:
    stage: str
    region: str
    table_name: str
    resource_prefix: str
    audit_heads_bucket: str
    keys_parameter: str
    public_url: str
    mail_sender: str
    mail_tracking: str
    version: str
    commit: str
    cors_allowed_origins: frozenset[str]
    media_hosts: frozenset[str]
    enable_cache: bool
    instructors_register_themselves: bool
    default_zone: str
    aws_attempts: int
    limiter_timeout: float
    quotas: Mapping[str, Quota]
    fact_shards: int = 4
    fact_days: int = 35
    access_seconds: int = 15 * 60
    refresh_days: int = 7
    session_days: int = 30
    erasure_grace_days: int = 14
    password_minimum: int = 12
    issuer: str = field(default="learnflow")

    @property
    def is_local(self) -> bool:
        return self.stage == "local"

    def queue(self, name: str) -> str:
        return f"{self.resource_prefix}-{name}"


def _quotas(env: Mapping[str, str], per_address: int) -> dict[str, Quota]:
    """Limits per scope. Those per network address grow by a factor where one person explores from one machine."""

    def amount(name: str, default: int) -> int:
        return int(env.get(f"LIMIT_{name}", default))

    return {
        "anonymous": Quota(amount("ANONYMOUS", 100) * per_address, HOUR),
        "user": Quota(amount("USER", 1000), HOUR),
        "register": Quota(amount("REGISTER", 10) * per_address, HOUR),
        "login_address": Quota(amount("LOGIN_ADDRESS", 20) * per_address, 15 * 60),
        "login_pair": Quota(amount("LOGIN_PAIR", 5), 15 * 60),
        "login_account": Quota(amount("LOGIN_ACCOUNT", 50), DAY),
        "reset": Quota(amount("RESET", 3), HOUR),
        "resend": Quota(amount("RESEND", 3), HOUR),
        "mailed_token": Quota(amount("MAILED_TOKEN", 30) * per_address, HOUR),
        "password_check": Quota(amount("PASSWORD_CHECK", 10), 15 * 60),
        "tier_free": Quota(amount("TIER_FREE", 10), DAY),
        "tier_premium": Quota(amount("TIER_PREMIUM", 1000), DAY),
    }


def read(env: Mapping[str, str]) -> Settings:
    def need(name: str) -> str:
        value = env.get(name, "")
        if not value:
            raise MissingSetting(name)
        return value

    def words(name: str) -> frozenset[str]:
        return frozenset(word.strip() for word in env.get(name, "").split(",") if word.strip())

    def truth(name: str, default: bool) -> bool:
        return env.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}

    stage = need("STAGE")
    local = stage == "local"
    return Settings(
        stage=stage,
        region=env.get("AWS_REGION") or need("AWS_DEFAULT_REGION"),
        table_name=need("TABLE_NAME"),
        resource_prefix=need("RESOURCE_PREFIX"),
        audit_heads_bucket=need("AUDIT_HEADS_BUCKET"),
        keys_parameter=need("KEYS_PARAMETER"),
        public_url=need("PUBLIC_URL").rstrip("/"),
        mail_sender=need("MAIL_SENDER"),
        mail_tracking=env.get("MAIL_TRACKING", ""),
        version=env.get("APP_VERSION", "0.0.0"),
        commit=env.get("APP_COMMIT", "unknown"),
        cors_allowed_origins=words("CORS_ALLOWED_ORIGINS"),
        media_hosts=words("MEDIA_HOSTS"),
        enable_cache=truth("ENABLE_CACHE", True),
        instructors_register_themselves=truth("INSTRUCTOR_REGISTRATION", True),
        default_zone=env.get("DEFAULT_TIME_ZONE", "Asia/Kolkata"),
        aws_attempts=int(env.get("AWS_ATTEMPTS", "4")),
        # A slow limiter must not slow the answer; the emulation on a laptop deserves more patience.
        limiter_timeout=float(env.get("LIMITER_TIMEOUT", "3.0" if local else "0.2")),
        quotas=_quotas(env, per_address=100 if local else 1),
    )


settings = read(os.environ)
