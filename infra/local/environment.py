"""The environment the product reads, with local values; `make run` and tests set it before importing `chalicelib`."""

import os
from collections.abc import Mapping
from typing import Any

STAGE = "local"
REGION = "us-east-1"
ACCOUNT = "000000000000"
PREFIX = f"learnflow-{STAGE}"
KEYS_PARAMETER = f"/learnflow/{STAGE}/keys"
PAYMENTS_PARAMETER = f"/learnflow/{STAGE}/payments"
#: What the stand-in of Stripe takes and signs with; none of it is worth anything anywhere else.
STRIPE_KEY, STRIPE_WORKER_KEY, STRIPE_PUBLISHABLE_KEY = "sk_test_local", "rk_test_local", "pk_test_local"
STRIPE_WEBHOOK_SECRET = "whsec_local"  # noqa: S105 - the stand-in's
#: Where `make run` has its cloud, for commands in another terminal.
LOCAL_ENGINE = "http://localhost:4566"
MAIL_SENDER = "LearnFlow <no-reply@learnflow.example>"

# The development servers of the usual front-end tools.
FRONT_ENDS = ("http://localhost:3000", "http://localhost:5173", "http://localhost:8080")

# A developer's own AWS profile must never reach the product while it runs locally.
UNWANTED = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN")


def local_environment(endpoint_url: str, public_url: str = "http://localhost:8000") -> dict[str, str]:
    """Every name the product reads, for an engine at `endpoint_url` and an API at `public_url`."""
    return {
        "STAGE": STAGE,
        "TABLE_NAME": PREFIX,
        "RESOURCE_PREFIX": PREFIX,
        "AUDIT_HEADS_BUCKET": f"{PREFIX}-audit-heads-{ACCOUNT}",
        "ML_BUCKET": f"{PREFIX}-ml-{ACCOUNT}",
        "CATALOG_BUCKET": f"{PREFIX}-catalog-{ACCOUNT}",
        "CERTIFICATES_BUCKET": f"{PREFIX}-certificates-{ACCOUNT}",
        "MEDIA_BUCKET": f"{PREFIX}-media-{ACCOUNT}",
        "MEDIA_ADDRESS": f"{endpoint_url}/{PREFIX}-media-{ACCOUNT}",
        "KEYS_PARAMETER": KEYS_PARAMETER,
        "PAYMENTS_PARAMETER": PAYMENTS_PARAMETER,
        **stripe_names(public_url),
        "PUBLIC_URL": public_url,
        "WEB_URL": f"{public_url}/_local",
        "MAIL_SENDER": MAIL_SENDER,
        "MAIL_TRACKING": PREFIX,
        "CORS_ALLOWED_ORIGINS": ",".join((public_url, *FRONT_ENDS)),
        "ENABLE_CACHE": "true",
        "APP_VERSION": "local",
        "APP_COMMIT": "working-tree",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def enter(names: Mapping[str, str]) -> None:
    """Set `names` in this process and drop what a developer's own AWS set-up would add to them."""
    for unwanted in UNWANTED:
        os.environ.pop(unwanted, None)
    os.environ.update(names)


def enter_stage(stage: str = "") -> str:
    """Point this process at a stage for an operator's command; what the names of the stage begin with.

    The stage is the one said, or `STAGE`; without either it is the cloud of `make run` on this machine. Names of
    another stage without `STAGE` would leave a person believing that they work there, so they stop the command.
    """
    stage = stage or os.environ.get("STAGE", "")
    named = {os.environ[name] for name in ("TABLE_NAME", "RESOURCE_PREFIX") if name in os.environ}
    if not stage and named - {PREFIX}:
        raise SystemExit(f"Say which stage: STAGE=…; the environment only names {', '.join(sorted(named))}.")
    if stage in ("", STAGE):
        enter(local_environment(os.environ.get("AWS_ENDPOINT_URL", LOCAL_ENGINE)))
        return PREFIX
    prefix = f"learnflow-{stage}"
    for name, value in {"STAGE": stage, "TABLE_NAME": prefix, "RESOURCE_PREFIX": prefix}.items():
        os.environ.setdefault(name, value)
    return prefix


def payment_keys() -> dict[str, Any]:
    """Stripe's keys: of a test account where `STRIPE_API_KEY` names one, else what the stand-in takes."""
    key = os.environ.get("STRIPE_API_KEY", "")
    if key.startswith(("sk_live_", "rk_live_")):
        raise SystemExit("STRIPE_API_KEY is of a live account. Nothing on this machine takes real money.")
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET", "") if key else STRIPE_WEBHOOK_SECRET
    return {
        "api_key": key or STRIPE_KEY,
        "worker_key": key or STRIPE_WORKER_KEY,
        "webhook_secrets": [secret or STRIPE_WEBHOOK_SECRET],
        "livemode": False,
    }


def stripe_names(public_url: str) -> dict[str, str]:
    """Where Stripe is. `STRIPE_PUBLISHABLE` of the test account goes with its `STRIPE_API_KEY`."""
    if os.environ.get("STRIPE_API_KEY"):
        return {
            "STRIPE_PUBLISHABLE": os.environ.get("STRIPE_PUBLISHABLE", ""),
            "STRIPE_API_BASE": "https://api.stripe.com",
        }
    return {"STRIPE_PUBLISHABLE": STRIPE_PUBLISHABLE_KEY, "STRIPE_API_BASE": f"{public_url}/_local/stripe"}
