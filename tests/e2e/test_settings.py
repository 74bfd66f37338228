"""Each function is deployed by itself, and all of them with the settings of their stage."""

import pytest

from tests.e2e.stage import Stage

#: What one function has otherwise: a request has no time for as many attempts as a worker, nor its key of Stripe's.
ITS_OWN = {"AWS_ATTEMPTS", "STRIPE_ROLE"}


def environments(stage: Stage) -> dict[str, dict[str, str]]:
    functions = stage.stack.resources("AWS::Lambda::Function")
    found = {
        logical: stage.client("lambda").get_function_configuration(FunctionName=name)
        for logical, name in functions.items()
    }
    return {logical: function["Environment"]["Variables"] for logical, function in found.items()}


@pytest.mark.row("E56", "C47")
def test_workers_and_clocks_run_apart_from_the_api_with_the_same_settings(stage: Stage) -> None:
    shared = [
        {name: value for name, value in variables.items() if name not in ITS_OWN}
        for variables in environments(stage).values()
    ]
    assert len(shared) > 5
    assert all(each == shared[0] for each in shared)


@pytest.mark.row("C48")
def test_a_stage_names_its_own_table_queues_and_keys(stage: Stage, bare: Stage) -> None:
    ours, theirs = (environments(each)["ApiFunction"] for each in (stage, bare))
    for name in ("STAGE", "TABLE_NAME", "RESOURCE_PREFIX", "KEYS_PARAMETER", "AUDIT_HEADS_BUCKET", "ML_BUCKET"):
        assert ours[name] != theirs[name], name


def test_no_setting_is_a_secret(stage: Stage) -> None:
    ssm = stage.client("ssm")
    keys = ssm.get_parameter(Name=stage.outputs["KeysParameter"], WithDecryption=True)["Parameter"]["Value"]
    for variables in environments(stage).values():
        assert not [value for value in variables.values() if keys in value]
