"""The signing keys of a stage: made once, at its first deployment, straight into the parameter store.

`infra/rotate_keys.py` makes further ones.
"""

import base64
import json
import os

from botocore.exceptions import ClientError

from infra.deploy import Refused
from infra.deploy.account import Account
from infra.deploy.bucket import code

BYTES = 32


def parameter(stage: str) -> str:
    return f"/learnflow/{stage}/keys"


def payments(stage: str) -> str:
    """Where Stripe's keys lie; only people have them, so nobody makes them here."""
    return f"/learnflow/{stage}/payments"


def require(account: Account, stage: str, first: bool) -> bool:
    """Whether keys were made. A stage that has run before must have its own: new ones would sign everybody out."""
    if present(account, parameter(stage)):
        return False
    if not first:
        raise Refused(
            f"The keys of {stage} are gone ({parameter(stage)}). Put them back from your copy; with new ones, every "
            "session, mailed link and cursor is void: docs/runbooks/key-rotation.md says how."
        )
    return made(account, stage)


def present(account: Account, name: str) -> bool:
    """Asked without reading it: who deploys need not be able to see the keys."""
    ask = {"Key": "Name", "Option": "Equals", "Values": [name]}
    # A page may be empty although a later one is not.
    pages = account.client("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=[ask])
    return any(page["Parameters"] for page in pages)


def fresh() -> str:
    return base64.b64encode(os.urandom(BYTES)).decode()


def made(account: Account, stage: str) -> bool:
    document = {"current": "k1", "keys": {"k1": fresh()}}
    try:
        account.client("ssm").put_parameter(
            Name=parameter(stage),
            Type="SecureString",
            Value=json.dumps(document),
            Description="Signing keys of LearnFlow; see docs/runbooks/key-rotation.md",
        )
    except ClientError as error:
        if code(error) != "ParameterAlreadyExists":
            raise
        return False
    return True
