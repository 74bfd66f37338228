"""Creates in an engine what the template declares, again and again without harm; used by `make run` and by tests."""

import base64
import json
import os
import urllib.error
from contextlib import suppress
from email.utils import parseaddr

from infra.local.cloud import SEPARATE, Clients, Cloud
from infra.local.environment import KEYS_PARAMETER, MAIL_SENDER, PAYMENTS_PARAMETER, payment_keys
from infra.local.intrinsics import TemplateError
from infra.local.makers import MAKERS, allowing
from infra.local.template import Resource, Template

# They watch, guard or call things here on AWS; on one machine there is nothing for them to do.
MEANINGLESS_HERE = (
    "AWS::ApiGateway::GatewayResponse",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::Serverless::Function",  # run by the driver
)

# How each engine is asked to forget everything.
RESETS = ("/_ministack/reset", "/_localstack/state/reset", "/moto-api/reset")


def create(template: Template, cloud: Clients) -> None:
    """Make everything the template declares, and what it cannot: the sender's mail domain and the keys.

    A boto3 session does as well as a `Cloud`: that is how in-process moto takes it.
    """
    unknown = {resource.type for resource in template.resources.values()} - {*MAKERS, *MEANINGLESS_HERE}
    if unknown:
        raise TemplateError(f"The local cloud cannot make {', '.join(sorted(unknown))}; teach infra/local/makers.py.")
    for type_, make in MAKERS.items():
        for resource in sorted(template.of_type(type_), key=needs_others):
            make(cloud, resource.properties)
    make_mail_domain(cloud)
    make_keys(cloud)
    make_payment_keys(cloud)


def wipe(template: Template, cloud: Cloud) -> None:
    """Forget every item, message, mail and object, and stand there as after `create`; the keys stay the same."""
    keys = kept_keys(cloud)
    if recalled(cloud):
        if kept_keys(cloud) != keys:
            cloud.client("ssm").delete_parameter(Name=KEYS_PARAMETER)  # What is remembered is of another time.
            make_keys(cloud, keys)
        return
    reset(cloud)
    allowing("ResourceNotFoundException", cloud.client("dynamodb").delete_table, TableName=template.table)
    make_keys(cloud, keys)
    create(template, cloud)


def kept_keys(cloud: Cloud) -> str:
    found = cloud.client("ssm").get_parameter(Name=KEYS_PARAMETER, WithDecryption=True)
    return str(found["Parameter"]["Value"])


def remember(cloud: Cloud, moment: str = "created") -> None:
    """What the engine holds now is what `wipe` brings back, where the engine can; others are filled anew each time.

    Another moment is brought back by `recalled` alone, with the keys that were there.
    """
    if any(os.environ.get(name) for name in SEPARATE.values()):
        return  # The table is not in it.
    with suppress(urllib.error.HTTPError):
        cloud.ask(f"/_leash/remember/{moment}", "POST")


def recalled(cloud: Cloud, moment: str = "created") -> bool:
    """Whether the engine stands again where it was told to remember."""
    try:
        cloud.ask(f"/_leash/recall/{moment}", "POST")
    except urllib.error.HTTPError:
        return False
    return True


def reset(cloud: Cloud) -> None:
    for path in RESETS:
        try:
            cloud.ask(path, "POST")
        except urllib.error.HTTPError:
            continue
        return
    raise TemplateError(f"The engine at {cloud.endpoint_url} knows no way to reset itself.")


def needs_others(resource: Resource) -> bool:
    return "RedrivePolicy" in resource.properties


def make_mail_domain(cloud: Clients) -> None:
    domain = parseaddr(MAIL_SENDER)[1].partition("@")[2]
    allowing("AlreadyExists", cloud.client("sesv2").create_email_identity, EmailIdentity=domain)


def make_keys(cloud: Clients, value: str | None = None) -> None:
    """The keys that sign tokens: fresh ones unless some exist (they are secrets, so no template holds them)."""
    fresh = {"current": "k1", "keys": {"k1": base64.b64encode(os.urandom(32)).decode()}}
    allowing(
        "AlreadyExists",
        cloud.client("ssm").put_parameter,
        Name=KEYS_PARAMETER,
        Type="SecureString",
        Value=value or json.dumps(fresh),
    )


def make_payment_keys(cloud: Clients) -> None:
    """Those of the stand-in for Stripe, or of a test account; another one than last time replaces them."""
    cloud.client("ssm").put_parameter(
        Name=PAYMENTS_PARAMETER, Type="SecureString", Value=json.dumps(payment_keys()), Overwrite=True
    )
