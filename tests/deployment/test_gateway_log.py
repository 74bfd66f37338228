"""The account's one role for access logs: made when there is none, left alone when there is one that works."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy import gateway_log
from infra.deploy.account import Account
from tests.deployment.conftest import Bench

NONE = [{"op": "remove", "path": "/cloudwatchRoleArn"}]


@pytest.fixture
def bare(account: Account) -> Account:
    """An account in which no gateway has ever written a log."""
    account.client("apigateway").update_account(patchOperations=NONE)
    return account


def role(account: Account) -> str:
    return str(account.client("apigateway").get_account().get("cloudwatchRoleArn", ""))


def point_to(account: Account, arn: str) -> None:
    account.client("apigateway").update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    )


def test_the_first_deployment_of_an_account_gives_its_gateways_a_role_for_their_logs(bare: Account) -> None:
    assert gateway_log.require(bare)
    assert role(bare).endswith(":role/learnflow-gateway-log")
    attached = bare.client("iam").list_attached_role_policies(RoleName=gateway_log.ROLE)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonAPIGatewayPushToCloudWatchLogs"]


def test_a_second_stage_changes_nothing(bare: Account) -> None:
    gateway_log.require(bare)
    assert not gateway_log.require(bare)


def test_a_role_that_somebody_else_has_set_is_left_alone(bare: Account) -> None:
    theirs = bare.client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    point_to(bare, theirs)
    assert not gateway_log.require(bare)
    assert role(bare) == theirs


def test_a_role_that_went_with_another_stack_is_replaced(bare: Account) -> None:
    point_to(bare, "arn:aws:iam::000000000000:role/gone")
    assert gateway_log.require(bare)
    assert role(bare).endswith(f"/{gateway_log.ROLE}")


def test_a_deployment_sees_to_it_and_a_stack_that_goes_does_not_take_it(bench: Bench) -> None:
    bench.account.client("apigateway").update_account(patchOperations=NONE)
    bench.deploy(bench.build())
    assert any("access logs" in line for line in bench.said)
    bench.account.client("cloudformation").delete_stack(StackName=bench.stack.name)
    assert role(bench.account).endswith(f"/{gateway_log.ROLE}")


class Slow:
    """A gateway that does not see a new role at once."""

    def __init__(self, times: int) -> None:
        self.left = times

    def update_account(self, patchOperations: list[Any]) -> None:  # noqa: N803  # AWS's own name.
        self.left -= 1
        if self.left >= 0:
            error = {"Error": {"Code": "BadRequestException", "Message": "The role ARN does not have permissions"}}
            raise ClientError(error, "UpdateAccount")


def test_a_role_that_is_not_known_everywhere_yet_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_log, "PAUSE_SECONDS", 0)
    gateway_log._set(Slow(3), "arn")
    with pytest.raises(ClientError):
        gateway_log._set(Slow(gateway_log.TRIES), "arn")
