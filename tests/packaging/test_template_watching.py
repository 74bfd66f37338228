"""Alarms and the dashboard in the template, and that what they wait for is what the product says."""

import json
import re
from typing import Any
from unittest.mock import Mock

import pytest

from chalicelib import aws, clock, logs
from chalicelib.messaging import batches, mailer
from chalicelib.web import limits
from tests.packaging.stacks import stack

DEV = stack("dev")
ALARMS = DEV.of("CloudWatch::Alarm")


def alarms(metric: str, **dimensions: str) -> list[dict[str, Any]]:
    """Those that watch one metric of one thing."""
    wanted = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return [a for a in ALARMS.values() if a.get("MetricName") == metric and a.get("Dimensions", []) == wanted]


@pytest.mark.row("M139")
@pytest.mark.parametrize("name", sorted(ALARMS))
def test_every_alarm_rings_and_ends_at_the_one_topic_and_silence_is_good_news(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"] == ["AlarmTopic"]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmName"].startswith("learnflow-dev-")
    assert alarm["AlarmDescription"].endswith((".", "…"))


def test_alarms_have_names_of_their_own() -> None:
    assert len({alarm["AlarmName"] for alarm in ALARMS.values()}) == len(ALARMS)


@pytest.mark.row("M139")
def test_alarms_come_by_mail_where_an_address_is_named() -> None:
    assert "AlarmSubscription" not in DEV.resources
    subscription = stack("dev", AlarmMail="duty@school.example").of("SNS::Subscription")["AlarmSubscription"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "duty@school.example")


@pytest.mark.row("M139")
@pytest.mark.parametrize("name", sorted(DEV.of("SQS::Queue")))
def test_one_dead_letter_rings_and_so_does_a_message_that_waits_for_a_quarter_of_an_hour(name: str) -> None:
    dead = "RedrivePolicy" not in DEV.of("SQS::Queue")[name]
    metric = "ApproximateNumberOfMessagesVisible" if dead else "ApproximateAgeOfOldestMessage"
    (alarm,) = alarms(metric, QueueName=f"{name}.QueueName")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0 if dead else 900, "GreaterThanThreshold")
    assert alarm["EvaluationPeriods"] == 1


@pytest.mark.row("M139")
@pytest.mark.parametrize("name", sorted(DEV.of("Lambda::Function")))
@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_that_fails_or_finds_no_room_rings(name: str, metric: str) -> None:
    (alarm,) = alarms(metric, FunctionName=name)
    assert (alarm["Statistic"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("Sum", 0, 1)


@pytest.mark.row("M139")
def test_every_reader_that_falls_behind_the_stream_rings() -> None:
    readers = [m["FunctionName"] for m in DEV.of("Lambda::EventSourceMapping").values() if "StartingPosition" in m]
    assert sorted(readers) == ["ExportForMl", "ReactToFacts"]
    for reader in readers:
        (alarm,) = alarms("IteratorAge", FunctionName=reader)
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 300_000)


def the_api() -> dict[str, str]:
    return {"ApiName": DEV.of("ApiGateway::RestApi")["Api"]["Name"], "Stage": "dev"}


@pytest.mark.row("M122")
def test_the_api_rings_when_one_request_in_twenty_takes_longer_than_200_ms() -> None:
    (alarm,) = alarms("Latency", **the_api())
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p95", 200)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def rate(name: str) -> tuple[float, int, set[str]]:
    """Threshold in percent, period, and what is divided by what."""
    metrics = {metric["Id"]: metric for metric in ALARMS[name]["Metrics"]}
    assert re.search(r"100 \* failures / requests", metrics["rate"]["Expression"])
    watched = [metrics[each]["MetricStat"] for each in ("failures", "requests")]
    for each in watched:
        assert {d["Name"]: d["Value"] for d in each["Metric"]["Dimensions"]} == the_api()
    (period,) = {each["Period"] for each in watched}
    return ALARMS[name]["Threshold"], period, {each["Metric"]["MetricName"] for each in watched}


@pytest.mark.row("M123", "M124")
def test_the_api_rings_when_more_than_one_answer_in_a_thousand_is_an_error() -> None:
    assert rate("ApiErrorRateAlarm") == (0.1, 3600, {"5XXError", "Count"})


@pytest.mark.row("M124")
def test_and_sooner_when_it_is_one_in_a_hundred() -> None:
    assert rate("ApiFailsAlarm") == (1, 300, {"5XXError", "Count"})


@pytest.mark.row("M125")
def test_the_table_rings_when_queries_take_longer_than_100_ms() -> None:
    (alarm,) = alarms("SuccessfulRequestLatency", TableName="Table", Operation="Query")
    assert alarm["Threshold"] == 100


@pytest.mark.row("M139")
def test_the_table_rings_when_it_or_an_index_turns_requests_away() -> None:
    metrics = [m["MetricStat"]["Metric"] for m in ALARMS["TableThrottledAlarm"]["Metrics"] if "MetricStat" in m]
    watched = {(m["MetricName"], *(d["Value"] for d in m["Dimensions"][1:])) for m in metrics}
    indexes = [i["IndexName"] for i in DEV.of("DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"]]
    kinds = ("ReadThrottleEvents", "WriteThrottleEvents")
    assert watched == {(kind, *index) for kind in kinds for index in [(), *((each,) for each in indexes)]}


@pytest.mark.parametrize(
    "metric", ["AuditChainBroken", "FactsRetold", "PaymentsQuarantined", "PaymentsUnreconciled", "RefundsFailed"]
)
def test_what_the_product_counts_rings(metric: str) -> None:
    (alarm,) = alarms(metric, stage="dev")
    assert (alarm["Namespace"], alarm["Threshold"]) == ("LearnFlow", 0)


def test_rows_healed_on_three_nights_in_a_row_ring_and_one_night_does_not() -> None:
    (alarm,) = alarms("ExportsHealed", stage="dev")
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("LearnFlow", "Sum", 0)
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (86_400, 3, 3)


def caught(name: str, line: dict[str, Any]) -> bool:
    """Whether a metric filter sees a line, as CloudWatch reads patterns of equalities."""
    terms = re.findall(r'\$\.([\w.]+) = "([^"]*)"', DEV.of("Logs::MetricFilter")[name]["FilterPattern"])
    assert terms
    return all(at(line, path) == value for path, value in terms)


def at(line: dict[str, Any], path: str) -> Any:
    for part in path.split("."):
        line = line.get(part) or {}
    return line


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_limiter_that_does_not_answer_is_counted_and_rings(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    limits.silent("anonymous", closed=False)
    (line,) = printed(capsys)
    assert caught("LimiterSilentFilter", line)
    assert DEV.of("Logs::MetricFilter")["LimiterSilentFilter"]["LogGroupName"] == "ApiFunctionLog"
    assert rings("LimiterSilentFilter")


def test_a_mail_provider_that_is_left_alone_is_counted_and_rings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure()
    monkeypatch.setattr(mailer.breaker, "open_until", clock.now() + mailer.Breaker.PAUSE)
    monkeypatch.setattr(aws, "client", lambda *_, **__: Mock())
    monkeypatch.setattr(aws, "queue_url", lambda name: name)
    record = {"messageId": "m", "body": "letter", "receiptHandle": "r"}
    batches.each({"Records": [record]}, "emails", str, lambda key: {"outcome": mailer.deliver(key, lambda: None)})
    (line,) = printed(capsys)
    assert caught("MailProviderFilter", line)
    assert DEV.of("Logs::MetricFilter")["MailProviderFilter"]["LogGroupName"] == "SendEmailLog"
    assert rings("MailProviderFilter")


def rings(name: str) -> bool:
    (made,) = DEV.of("Logs::MetricFilter")[name]["MetricTransformations"]
    (alarm,) = alarms(made["MetricName"])
    return bool(alarm["Namespace"] == made["MetricNamespace"] == "LearnFlow/dev")


def board() -> list[dict[str, Any]]:
    (dashboard,) = DEV.of("CloudWatch::Dashboard").values()
    widgets: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return widgets


def shown(title: str) -> tuple[set[str], set[float]]:
    """The metrics (or what is computed) and the lines of one graph."""
    (graph,) = [w["properties"] for w in board() if w["properties"]["title"] == title]
    drawn = {each[1] if isinstance(each[0], str) else each[0]["expression"] for each in graph["metrics"]}
    return drawn, {line["value"] for line in graph.get("annotations", {}).get("horizontal", [])}


@pytest.mark.row("K66", "M122", "M123", "M124", "M125")
@pytest.mark.parametrize(
    ("title", "drawn", "goal"),
    [
        ("How long the API takes, ms", "Latency", 200),
        ("Errors, % of answers", "100*failures/requests", 0.1),
        ("Available, %", "100*(1-failures/requests)", 99.9),
        ("How long the table takes, ms", "SuccessfulRequestLatency", 100),
    ],
)
def test_the_dashboard_shows_each_goal_with_its_line(title: str, drawn: str, goal: float) -> None:
    metrics, lines = shown(title)
    assert drawn in metrics
    assert lines == {goal}


@pytest.mark.row("M139")
def test_the_dashboard_shows_every_function_queue_and_alarm() -> None:
    text = json.dumps(board())
    for each in DEV.of("Lambda::Function").values():
        assert f'"{each["FunctionName"]}"' in text
    for each in DEV.of("SQS::Queue").values():
        assert f'"{each["QueueName"]}"' in text
    (listed,) = [w["properties"]["alarms"] for w in board() if w["type"] == "alarm"]
    assert {arn.rpartition(":alarm:")[2] for arn in listed} == {alarm["AlarmName"] for alarm in ALARMS.values()}
    assert all(arn.startswith("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:") for arn in listed)


def test_no_graph_covers_another() -> None:
    places = [(w["x"], w["y"], w["width"], w["height"]) for w in board()]
    cells = [(x + i, y + j) for x, y, w, h in places for i in range(w) for j in range(h)]
    assert len(cells) == len(set(cells))
    assert all(x + w <= 24 for x, _, w, _ in places)
