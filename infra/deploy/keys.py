"""The signing keys of a stage: made once, at its first deployment, straight into the parameter store."""

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


def require(account: Account, stage: str, first: bool) -> bool:
    """Whether keys were made. A stage that has run before must have its own: new ones would sign everybody out."""
    if present(account, stage):
        return False
    if not first:
        raise Refused(
            f"The keys of {stage} are gone ({parameter(stage)}). Put them back from your copy; with new ones, every "
            "session, mailed link and cursor is void: docs/runbooks/key-rotation.md says how."
        )
    return made(account, stage)


def present(account: Account, stage: str) -> bool:
    """Asked without reading them: who deploys need not be able to see the keys."""
    ask = {"Key": "Name", "Option": "Equals", "Values": [parameter(stage)]}
    return bool(account.client("ssm").describe_parameters(ParameterFilters=[ask])["Parameters"])


def made(account: Account, stage: str) -> bool:
    fresh = {"current": "k1", "keys": {"k1": base64.b64encode(os.urandom(BYTES)).decode()}}
    try:
        account.client("ssm").put_parameter(
            Name=parameter(stage),
            Type="SecureString",
            Value=json.dumps(fresh),
            Description="Signing keys of LearnFlow; see docs/runbooks/key-rotation.md",
        )
    except ClientError as error:
        if code(error) != "ParameterAlreadyExists":
            raise
        return False
    return True
