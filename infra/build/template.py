"""The one template that is deployed, merged from infra/*.yaml, the routes of the app, and what follows from both.

`make package` writes what `build` returns. It is a SAM template whose code lies beside it, as api.zip and workers.zip.
"""

import json
from pathlib import Path
from typing import Any

from infra.build import alarms, api, dashboard, functions
from infra.local.template import parsed

INFRA = Path(__file__).resolve().parents[1]
FILES = ("resources", "functions", "gateway", "media", "backup", "watch")
CONFIG = INFRA.parent / ".chalice" / "config.json"
SECTIONS = ("Parameters", "Conditions", "Resources", "Outputs")
#: Settings of a stage that may be said anew at each deployment -> the parameters they are the defaults of.
SAID_AT_DEPLOYMENT = {
    "PUBLIC_URL": "PublicUrl",
    "MAIL_SENDER": "MailSender",
    "CORS_ALLOWED_ORIGINS": "CorsAllowedOrigins",
    "REMINDER_TIME_ZONE": "ReminderTimeZone",
    "STRIPE_PUBLISHABLE": "StripePublishableKey",
}

Template = dict[str, Any]


def stages() -> list[str]:
    return list(_config()["stages"])


def tags(stage: str) -> dict[str, str]:
    """What the stack is tagged with, and through it everything in it."""
    return {"application": _config()["app_name"], "stage": stage}


def build(stage: str, version: str = "0.0.0", commit: str = "unknown") -> Template:
    """The template of one stage, as plain values without shared parts."""
    config = _config()
    settings = dict(config["stages"][stage]["environment_variables"])
    template = _merged()
    resources = template["Resources"]
    _say_defaults(template["Parameters"], stage, settings)
    resources["ApiFunction"]["Properties"] |= {
        "MemorySize": config["lambda_memory_size"],
        "Timeout": config["lambda_timeout"],
    }
    resources["Api"]["Properties"] |= {
        "EndpointConfiguration": {"Type": config["api_gateway_endpoint_type"]},
        "MinimumCompressionSize": config["minimum_compression_size"],
        "DefinitionBody": api.definition(_address("/${Stage}")),
    }
    resources["Api"]["Properties"]["AccessLogSetting"]["Format"] = json.dumps(api.ACCESS_LOG)
    functions.complete(resources)
    _encrypt_topics(resources)
    _refuse_plain_transport(resources)
    alarms.add(resources)
    dashboard.add(template)
    template["Outputs"] |= _outputs(resources)
    header = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31"}
    described = {"Description": f"LearnFlow {version}, stage {stage}"}
    whole = header | described | {"Globals": _globals(settings, version, commit)} | template
    # The files share parts by anchors; the copy has none left.
    copy: Template = json.loads(json.dumps(whole))
    return copy


def _config() -> dict[str, Any]:
    config: dict[str, Any] = json.loads(CONFIG.read_text("utf-8"))
    return config


def _merged() -> Template:
    merged: Template = {section: {} for section in SECTIONS}
    for name in FILES:
        part = parsed(INFRA / f"{name}.yaml")
        for section, entries in part.items():
            if twice := merged[section].keys() & entries.keys():
                raise ValueError(f"{name}.yaml says again: {', '.join(sorted(twice))}")
            merged[section] |= entries
    return merged


def _say_defaults(parameters: dict[str, Any], stage: str, settings: dict[str, str]) -> None:
    parameters["Stage"] |= {"Default": stage, "AllowedPattern": stage}
    if zone := settings.get("DEFAULT_TIME_ZONE"):
        parameters["ReminderTimeZone"]["Default"] = zone
    for setting, parameter in SAID_AT_DEPLOYMENT.items():
        if setting in settings:
            parameters[parameter]["Default"] = settings.pop(setting)


def _address(own: str) -> dict[str, Any]:
    """Where the API is: as said, or the name of its own, or at the gateway's `own` address."""
    named = {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, {"Fn::Sub": own}]}
    return {"Fn::If": ["HasPublicUrl", {"Ref": "PublicUrl"}, named]}


def public_url() -> dict[str, Any]:
    return _address("https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}")


def _globals(settings: dict[str, str], version: str, commit: str) -> dict[str, Any]:
    """What all functions have in common. Every name that chalicelib/settings.py wants is here."""
    hosts = [{"Fn::GetAtt": ["MediaNetwork", "DomainName"]}, *filter(None, [settings.pop("MEDIA_HOSTS", "")])]
    variables = {
        "STAGE": {"Ref": "Stage"},
        "TABLE_NAME": {"Ref": "Table"},
        "RESOURCE_PREFIX": {"Fn::Sub": "learnflow-${Stage}"},
        "AUDIT_HEADS_BUCKET": {"Ref": "AuditHeadsBucket"},
        "ML_BUCKET": {"Ref": "MlBucket"},
        "CATALOG_BUCKET": {"Ref": "CatalogBucket"},
        "CERTIFICATES_BUCKET": {"Ref": "CertificatesBucket"},
        "MEDIA_BUCKET": {"Ref": "MediaBucket"},
        "MEDIA_ADDRESS": {"Fn::Sub": "https://${MediaNetwork.DomainName}"},
        "KEYS_PARAMETER": {"Fn::Sub": "/learnflow/${Stage}/keys"},
        "PAYMENTS_PARAMETER": {"Fn::Sub": "/learnflow/${Stage}/payments"},
        "STRIPE_ROLE": "worker",
        "STRIPE_PUBLISHABLE": {"Ref": "StripePublishableKey"},
        "PUBLIC_URL": public_url(),
        "MAIL_SENDER": {"Ref": "MailSender"},
        "MAIL_TRACKING": {"Ref": "MailTracking"},
        "CORS_ALLOWED_ORIGINS": {"Fn::Join": [",", {"Ref": "CorsAllowedOrigins"}]},
        "REMINDER_TIME_ZONE": {"Ref": "ReminderTimeZone"},
        "MEDIA_HOSTS": {"Fn::Join": [",", hosts]},
        "AWS_ATTEMPTS": "10",
        "APP_VERSION": version,
        "APP_COMMIT": commit,
    }
    return {
        "Function": {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "Environment": {"Variables": variables | settings},
        }
    }


def _encrypt_topics(resources: dict[str, Any]) -> None:
    for body in resources.values():
        if body["Type"] == "AWS::SNS::Topic":
            body["Properties"]["KmsMasterKeyId"] = {"Ref": "TopicsKey"}


def _refuse_plain_transport(resources: dict[str, Any]) -> None:
    """Every bucket turns away what does not come over TLS, in the policy it has or in one of its own."""
    policies = {
        body["Properties"]["Bucket"]["Ref"]: body["Properties"]["PolicyDocument"]
        for body in resources.values()
        if body["Type"] == "AWS::S3::BucketPolicy"
    }
    for logical in [name for name, body in resources.items() if body["Type"] == "AWS::S3::Bucket"]:
        if logical not in policies:
            policies[logical] = {"Version": "2012-10-17", "Statement": []}
            properties = {"Bucket": {"Ref": logical}, "PolicyDocument": policies[logical]}
            resources[f"{logical}Policy"] = {"Type": "AWS::S3::BucketPolicy", "Properties": properties}
        arn = {"Fn::GetAtt": [logical, "Arn"]}
        refusal = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, {"Fn::Sub": f"${{{logical}.Arn}}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        policies[logical]["Statement"].append(refusal)


def _outputs(resources: dict[str, Any]) -> dict[str, Any]:
    """What programs and people need to know of a stack: every function, queue and bucket by its logical name."""
    shown = ("AWS::Serverless::Function", "AWS::S3::Bucket")
    found = {name: {"Ref": name} for name, body in resources.items() if body["Type"] in shown}
    found |= {name: {"Ref": name} for name, body in resources.items() if body["Type"] == "AWS::SQS::Queue"}
    return {"ApiUrl": {"Value": public_url()}} | {name: {"Value": value} for name, value in found.items()}
