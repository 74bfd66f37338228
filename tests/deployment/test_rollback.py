"""Going back: code and settings as they were, data and keys as they are."""

import pytest

from infra.deploy import Refused, keys, releases
from tests.deployment.conftest import Bench


def test_a_rollback_runs_the_release_before(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    bench.deploy(bench.build("two"))
    bench.roll_back()
    assert bench.word() == "one"


def test_a_second_rollback_goes_one_further(bench: Bench) -> None:
    for word in ("one", "two", "three"):
        bench.deploy(bench.build(word))
    bench.roll_back()
    assert bench.word() == "two"
    bench.roll_back()
    assert bench.word() == "one"


def test_before_the_first_release_there_is_none(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    with pytest.raises(Refused, match="no release before"):
        bench.roll_back()


def test_a_rollback_goes_to_a_commit_that_is_named(bench: Bench) -> None:
    bench.deploy(bench.build("one", commit="aaa111"))
    bench.deploy(bench.build("two", commit="bbb222"))
    bench.deploy(bench.build("three", commit="ccc333"))
    bench.roll_back("aaa")
    assert bench.word() == "one"


def test_after_a_rollback_one_deploys_forward_again(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    bench.deploy(bench.build("two"))
    bench.roll_back()
    bench.deploy(bench.build("three"))
    assert bench.word() == "three"


def test_data_and_keys_are_not_touched(bench: Bench) -> None:
    bench.deploy(bench.build("one"))
    bench.deploy(bench.build("two"))
    dynamodb, ssm = bench.account.client("dynamodb"), bench.account.client("ssm")
    table = bench.stack.outputs()["TableName"]
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "written by two"}})
    before = ssm.get_parameter(Name=keys.parameter(bench.stage), WithDecryption=True)["Parameter"]["Value"]
    bench.roll_back()
    assert dynamodb.scan(TableName=table)["Items"] == [{"pk": {"S": "written by two"}}]
    assert ssm.get_parameter(Name=keys.parameter(bench.stage), WithDecryption=True)["Parameter"]["Value"] == before


def test_values_go_back_with_the_release(bench: Bench) -> None:
    bench.deploy(bench.build("one"), MailSender="a@b.example", Word="first")
    bench.deploy(bench.build("one"), Word="second")
    bench.roll_back()
    assert bench.word() == "first"


def test_a_rollback_is_a_release_that_says_so(bench: Bench) -> None:
    first = bench.deploy(bench.build("one"))
    bench.deploy(bench.build("two"))
    bench.roll_back()
    past = releases.history(bench.bucket, bench.stage)
    assert first is not None
    assert [each.restores for each in past] == [None, None, first.name]


def test_a_release_whose_artefact_is_lost_cannot_run_again(bench: Bench) -> None:
    first = bench.deploy(bench.build("one"))
    bench.deploy(bench.build("two"))
    assert first is not None
    bench.account.client("s3").delete_object(Bucket=bench.bucket.name, Key=first.template)
    with pytest.raises(Refused, match="the bucket has lost"):
        bench.roll_back()
    assert bench.word() == "two"
