"""What operators count, in the one form CloudWatch reads from a log."""

import json
from dataclasses import replace

import pytest

from chalicelib.messaging import metrics
from chalicelib.settings import settings


def test_a_count_is_one_line_in_the_embedded_format(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(metrics, "settings", replace(settings, stage="prod"))
    metrics.count("LettersSent", 3)
    metrics.count("FactsRetold", 0)
    (line,) = (json.loads(text) for text in capsys.readouterr().out.splitlines())
    assert (line["LettersSent"], line["stage"]) == ([3.0], "prod")
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "LearnFlow"


def test_on_ones_own_machine_nothing_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count("LettersSent")
    assert capsys.readouterr().out == ""
