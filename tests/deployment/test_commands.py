"""The commands as they are typed."""

from datetime import timedelta

import pytest

from infra.deploy import Refused, logs, values
from infra.deploy.__main__ import main
from tests.deployment.conftest import Bench


@pytest.fixture
def typed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The stage is dev here, which the settings know."""
    assert bench.account.endpoint_url
    monkeypatch.setenv("AWS_ENDPOINT_URL", bench.account.endpoint_url)
    bench.stage = "dev"
    return bench


def test_deploy_outputs_releases_logs_and_rollback(typed: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    build, bucket = str(typed.build("one")), f"--bucket={typed.bucket.name}"
    sender = "--set=MailSender=LearnFlow <no-reply@learnflow.example>"
    assert main(["deploy", "--stage=dev", bucket, f"--artefacts={build}", sender]) == 0
    told = capsys.readouterr().out
    assert "Deployed version 1.0, commit abc1" in told
    assert "Next: SES may not send for no-reply@learnflow.example yet" in told
    assert "Next: Write Stripe's keys into /learnflow/dev/payments" in told

    assert main(["deploy", "--stage=dev", bucket, f"--artefacts={build}"]) == 0
    assert capsys.readouterr().out.endswith("nothing was changed.\n")

    assert main(["outputs", "--stage=dev"]) == 0
    assert "TableName  learnflow-dev\n" in capsys.readouterr().out

    typed.account.client("lambda").invoke(FunctionName=typed.stack.physical("Worker"))
    assert main(["logs", "Worker", "--stage=dev", "--since=5m"]) == 0
    lines = [line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["INFO    app.test   hello  n=1", "plain words"]

    typed.build("two", commit="def2")
    assert main(["deploy", "--stage=dev", bucket, f"--artefacts={build}"]) == 0
    assert main(["rollback", "--stage=dev", bucket]) == 0
    assert "commit abc1 runs again" in capsys.readouterr().out
    assert main(["releases", "--stage=dev", bucket]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_stage_that_is_not_there_is_a_sentence(typed: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outputs", "--stage=nowhere"]) == 1
    assert "nowhere is not deployed in account" in capsys.readouterr().err


def test_a_stage_without_settings_is_refused(typed: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--stage=nowhere", "--bucket=x"]) == 1
    assert "There is no stage nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "meant"),
    [("90s", timedelta(seconds=90)), ("10m", timedelta(minutes=10)), ("2h", timedelta(hours=2)), ("1d", timedelta(1))],
)
def test_a_time_ago_is_understood(text: str, meant: timedelta) -> None:
    assert logs.since(text) == meant


@pytest.mark.parametrize("text", ["10", "m", "ten minutes", ""])
def test_a_time_ago_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="SINCE wants"):
        logs.since(text)


def test_values_on_the_command_line_may_hold_blanks_and_equals_signs() -> None:
    said = "MailSender=LearnFlow <a@b.example>; PublicUrl=https://x.example/?a=b;Empty="
    assert values.given(said) == {
        "MailSender": "LearnFlow <a@b.example>",
        "PublicUrl": "https://x.example/?a=b",
        "Empty": "",
    }


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("START RequestId: 1", ""),
        ("REPORT RequestId: 1", "00:00:01.000 REPORT RequestId: 1"),
        ('{"level":"INFO","logger":"app","message":"m","request_id":null}', "00:00:01.000 INFO    app        m"),
        ('{"level":"ERROR","message":"m","stack_trace":"Trace"}', "00:00:01.000 ERROR              m\nTrace"),
        ('{"_aws":{},"LettersSent":[1.0]}', '00:00:01.000 {"_aws":{},"LettersSent":[1.0]}'),
        ("[1, 2]", "00:00:01.000 [1, 2]"),
    ],
)
def test_a_line_of_a_log_is_readable(message: str, line: str) -> None:
    assert logs.readable({"message": message, "timestamp": 1000}) == line
