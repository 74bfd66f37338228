"""The role in which the gateways of an account write their access logs; a deployment calls `require` before its stack.

It is one setting for all gateways of an account and region, so it belongs to no stage: decision 28 says why.
"""

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.account import Account
from infra.deploy.bucket import code

ROLE = "learnflow-gateway-log"
POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"  # AWS's own: API Gateway checks for what it grants.
TRUST = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
#: A role that is new is not known everywhere at once.
TRIES, PAUSE_SECONDS = 10, 3.0


def require(account: Account) -> bool:
    """Whether the setting had to be made. One that works is left alone, whoever made it."""
    iam, gateway = account.client("iam"), account.client("apigateway")
    if _works(iam, gateway.get_account().get("cloudwatchRoleArn", "")):
        return False
    _set(gateway, _made(iam))
    return True


def _works(iam: Any, arn: str) -> bool:
    return bool(arn) and _role(iam, arn.rpartition("/")[2]) is not None


def _role(iam: Any, name: str) -> str | None:
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except ClientError as error:
        if code(error) == "NoSuchEntity":
            return None
        raise


def _made(iam: Any) -> str:
    """Our role, which may be there already: it is one for all regions, and the setting is one for each."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    arn = _role(iam, ROLE) or str(iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
    partition = arn.split(":")[1]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=f"arn:{partition}:iam::aws:policy/{POLICY}")
    return arn


def _set(gateway: Any, arn: str) -> None:
    change = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    for left in reversed(range(TRIES)):
        try:
            gateway.update_account(patchOperations=change)
        except ClientError as error:
            if code(error) != "BadRequestException" or not left:
                raise
        else:
            return
        time.sleep(PAUSE_SECONDS)
