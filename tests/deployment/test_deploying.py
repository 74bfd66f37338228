"""The deployment program: the first time, again, and when something is wrong."""

from typing import Any

import pytest

from infra.deploy import Refused, keys, releases
from infra.deploy.bucket import Bucket
from tests.deployment.conftest import CODE, Bench, digest

FAILS: dict[str, Any] = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": ["Worker"],
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"},
    },
}


def test_a_first_deployment_makes_the_stack(bench: Bench) -> None:
    bench.build("one")
    assert bench.deploy() is not None
    assert bench.stack.status() == "CREATE_COMPLETE"
    assert bench.word() == "one"


def test_artefacts_are_kept_under_their_hash(bench: Bench) -> None:
    release = bench.deploy(bench.build())
    assert release is not None
    assert release.artefacts == (f"learnflow/artefacts/{digest(bench.folder / 'workers.zip')}.zip",)
    assert all(bench.bucket.holds(key) for key in (*release.artefacts, release.template))


def test_what_is_to_change_is_shown_before(bench: Bench) -> None:
    bench.deploy(bench.build())
    assert "  Add     Worker (AWS::Lambda::Function)" in bench.said


def test_deploying_the_same_again_changes_nothing(bench: Bench) -> None:
    bench.deploy(bench.build())
    bench.said.clear()
    assert bench.deploy() is None
    assert bench.said == []
    assert len(releases.history(bench.bucket, bench.stage)) == 1


def test_an_update_changes_only_what_differs(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    bench.said.clear()
    bench.deploy(bench.build("two"))
    assert bench.word() == "two"
    assert [line for line in bench.said if "AWS::" in line] == ["  Modify  Worker (AWS::Lambda::Function)"]


def test_new_code_of_the_same_template_is_deployed(bench: Bench) -> None:
    bench.deploy(bench.build())
    bench.deploy(bench.build(code=CODE.replace("hello", "good day")))
    assert len(bench.bucket.names("learnflow/artefacts/")) == 2


def test_the_signing_keys_are_made_once_and_are_good_keys(bench: Bench) -> None:
    from chalicelib import keyring

    bench.deploy(bench.build("one"))
    bench.deploy(bench.build("two"))
    found = bench.account.client("ssm").get_parameter(Name=keys.parameter(bench.stage), WithDecryption=True)[
        "Parameter"
    ]
    assert (found["Version"], found["Type"]) == (1, "SecureString")
    assert keyring.parse(found["Value"]).current == "k1"


def test_no_secret_is_in_the_bucket_or_on_the_screen(bench: Bench) -> None:
    bench.deploy(bench.build())
    ssm = bench.account.client("ssm")
    secret = ssm.get_parameter(Name=keys.parameter(bench.stage), WithDecryption=True)["Parameter"]["Value"]
    s3 = bench.account.client("s3")
    kept = [s3.get_object(Bucket=bench.bucket.name, Key=key)["Body"].read() for key in bench.bucket.names("")]
    assert not [text for text in kept if secret.encode() in text]
    assert secret not in "\n".join(bench.said)


def test_a_stage_that_has_lost_its_keys_gets_no_new_ones(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    bench.account.client("ssm").delete_parameter(Name=keys.parameter(bench.stage))
    with pytest.raises(Refused, match=r"keys of \w+ are gone"):
        bench.deploy(bench.build("two"))
    assert bench.word() == "one"


def test_values_that_are_missing_are_named(bench: Bench) -> None:
    with pytest.raises(Refused, match="MailSender: who sends"):
        bench.deploy(bench.build(), Word="x")


def test_a_value_said_once_stays_until_another_is_said(bench: Bench) -> None:
    bench.deploy(bench.build("one"), MailSender="a@b.example", Word="said")
    bench.deploy(bench.build("two", code=CODE + "\n"), MailSender="c@b.example")
    assert bench.word() == "said"


def test_an_empty_value_goes_back_to_the_default(bench: Bench) -> None:
    bench.deploy(bench.build("one"), MailSender="a@b.example", Word="said")
    bench.deploy(bench.build("two"), Word="")
    assert bench.word() == "two"


def test_a_value_that_no_parameter_takes_is_refused(bench: Bench) -> None:
    with pytest.raises(Refused, match="no parameter Wrod"):
        bench.deploy(bench.build(), Wrod="x")


def test_a_change_that_fails_is_undone_and_says_why(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    with pytest.raises(Refused, match=r"What failed first:\n  Wait \(AWS::CloudFormation::WaitCondition\): \S+"):
        bench.deploy(bench.build("two", **FAILS))
    assert bench.stack.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert bench.word() == "one"
    assert len(releases.history(bench.bucket, bench.stage)) == 1


def test_after_a_change_that_failed_the_next_is_deployed(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    with pytest.raises(Refused):
        bench.deploy(bench.build("two", **FAILS))
    bench.deploy(bench.build("three"))
    assert bench.word() == "three"


def test_a_first_deployment_that_fails_leaves_nothing_in_the_way_of_the_next(bench: Bench) -> None:
    with pytest.raises(Refused, match="What failed first"):
        bench.deploy(bench.build("one", **FAILS))
    bench.deploy(bench.build("two"))
    assert bench.word() == "two"


def test_nothing_that_holds_data_is_replaced(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    moved = template_with_another_table(bench)
    with pytest.raises(Refused, match="would lose what these hold"):
        bench.deploy(bench.build("two", Table=moved))
    assert bench.word() == "one"


def test_nothing_that_holds_data_is_removed(bench: Bench) -> None:
    bench.deploy(bench.build("one", Letters={"Type": "AWS::SQS::Queue"}))
    with pytest.raises(Refused, match=r"Remove +Letters"):
        bench.deploy(bench.build("two"))


def test_a_file_that_is_not_what_was_built_is_refused(bench: Bench) -> None:
    build = bench.build()
    (build / "workers.zip").write_bytes(b"something else")
    with pytest.raises(Refused, match="not what was built"):
        bench.deploy(build)


def test_without_a_build_there_is_a_sentence(bench: Bench) -> None:
    with pytest.raises(Refused, match="There is no build in"):
        bench.deploy(bench.folder)


def test_a_bucket_that_is_not_there_is_made_only_when_told(bench: Bench) -> None:
    strange = Bucket(bench.account, f"{bench.bucket.name}-not")
    with pytest.raises(Refused, match="NEW_BUCKET=1"):
        strange.require()


def test_a_bucket_that_is_made_is_private(bench: Bench) -> None:
    s3 = bench.account.client("s3")
    found = s3.get_public_access_block(Bucket=bench.bucket.name)["PublicAccessBlockConfiguration"]
    assert all(found.values())


def template_with_another_table(bench: Bench) -> object:
    from tests.deployment.conftest import template

    table = template(bench.stage, "")["Resources"]["Table"]
    return {**table, "Properties": {**table["Properties"], "TableName": f"learnflow-{bench.stage}-other"}}
