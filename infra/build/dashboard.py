"""One page of CloudWatch with everything somebody on duty looks at first; `template` adds it.

Goals are drawn as lines into the graphs: 200 ms, 1 error in 1,000, three nines, 100 ms for a query.
"""

import json
from typing import Any

from infra.build import functions

WIDTH, HEIGHT = 8, 6
API = ["ApiName", "learnflow-${Stage}", "Stage", "${Stage}"]
TABLE = ["TableName", "learnflow-${Stage}"]
OPERATIONS = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems")
EXPORTS = ("ExportGaps", "ExportsHealed", "ExportDaysFailed")
PAYMENTS = ("PaymentsQuarantined", "PaymentsUnreconciled", "RefundsFailed")
COUNTED = ("LettersSent", "DeadLetters", "FactsRetold", "AuditChainBroken", *PAYMENTS, *EXPORTS)

Metric = list[Any]
Widget = dict[str, Any]


def add(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    graphs = _graphs(resources)
    below = 1 + graphs[-1]["y"] // HEIGHT
    body = json.dumps({"widgets": [*graphs, _alarms(resources, below)]}, separators=(",", ":"))
    properties = {"DashboardName": {"Fn::Sub": "learnflow-${Stage}"}, "DashboardBody": {"Fn::Sub": body}}
    resources["Dashboard"] = {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}
    console = "https://console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}#dashboards/dashboard/"
    template["Outputs"]["DashboardUrl"] = {"Value": {"Fn::Sub": f"{console}learnflow-${{Stage}}"}}


def _graphs(resources: dict[str, Any]) -> list[Widget]:
    names = {
        logical: f"learnflow-${{Stage}}-{functions.short_name(logical, body['Properties'])}"
        for logical, body in functions.of(resources).items()
    }
    queues = [body["Properties"] for body in resources.values() if body["Type"] == "AWS::SQS::Queue"]
    graphs = [
        ("Requests", _gateway("Count", "4XXError", "5XXError"), None),
        ("How long the API takes, ms", [_gateway_time("p50"), _gateway_time("p95"), _gateway_time("p99")], 200),
        ("Errors, % of answers", _percent("100*failures/requests"), 0.1),
        ("Available, %", _percent("100*(1-failures/requests)"), 99.9),
        ("How long the table takes, ms", [_table(name) for name in OPERATIONS], 100),
        (
            "What the table turns away",
            [_throttle(name) for name in ("ReadThrottleEvents", "WriteThrottleEvents")],
            None,
        ),
        ("What the table is used, units", [_used("Read"), _used("Write")], None),
        ("Functions: failures", [_function("Errors", name) for name in names.values()], None),
        ("Functions: no room", [_function("Throttles", name) for name in names.values()], None),
        ("Functions: duration p95, ms", [_function("Duration", name, "p95") for name in names.values()], None),
        ("Behind the stream, ms", [_late(name) for name in _readers(resources, names)], 300_000),
        ("Waiting for longest, s", [_queue("ApproximateAgeOfOldestMessage", q) for q in queues if not _dead(q)], 900),
        ("Dead letters", [_queue("ApproximateNumberOfMessagesVisible", q) for q in queues if _dead(q)], None),
        ("The product's own counts", [["LearnFlow", name, "stage", "${Stage}"] for name in COUNTED], None),
    ]
    return [_graph(index, *graph) for index, graph in enumerate(graphs)]


def _graph(index: int, title: str, metrics: list[Metric], goal: float | None) -> Widget:
    properties: dict[str, Any] = {
        "title": title,
        "region": "${AWS::Region}",
        "period": 300,
        "stat": "Sum",
        "metrics": metrics,
    }
    if goal is not None:
        properties["annotations"] = {"horizontal": [{"label": "goal", "value": goal}]}
    row, column = divmod(index, 24 // WIDTH)
    place = {"x": column * WIDTH, "y": row * HEIGHT, "width": WIDTH, "height": HEIGHT}
    return {"type": "metric", **place, "properties": properties}


def _alarms(resources: dict[str, Any], row: int) -> Widget:
    here = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
    listed = [
        here + body["Properties"]["AlarmName"]["Fn::Sub"]
        for body in resources.values()
        if body["Type"] == "AWS::CloudWatch::Alarm"
    ]
    place = {"x": 0, "y": row * HEIGHT, "width": 24, "height": HEIGHT}
    return {"type": "alarm", **place, "properties": {"title": "Alarms", "alarms": listed}}


def _gateway(*names: str) -> list[Metric]:
    return [["AWS/ApiGateway", name, *API] for name in names]


def _gateway_time(statistic: str) -> Metric:
    return ["AWS/ApiGateway", "Latency", *API, {"stat": statistic, "label": statistic}]


def _percent(expression: str) -> list[Metric]:
    hidden = {"visible": False}
    return [
        [{"expression": expression, "label": "percent"}],
        ["AWS/ApiGateway", "5XXError", *API, hidden | {"id": "failures"}],
        ["AWS/ApiGateway", "Count", *API, hidden | {"id": "requests"}],
    ]


def _table(operation: str) -> Metric:
    return ["AWS/DynamoDB", "SuccessfulRequestLatency", *TABLE, "Operation", operation, {"stat": "Average"}]


def _throttle(name: str) -> Metric:
    return ["AWS/DynamoDB", name, *TABLE]


def _used(kind: str) -> Metric:
    return ["AWS/DynamoDB", f"Consumed{kind}CapacityUnits", *TABLE]


def _function(metric: str, name: str, statistic: str = "Sum") -> Metric:
    return ["AWS/Lambda", metric, "FunctionName", name, {"stat": statistic}]


def _readers(resources: dict[str, Any], names: dict[str, str]) -> list[str]:
    events = {logical: (resources[logical]["Properties"].get("Events") or {}).values() for logical in names}
    return [name for logical, name in names.items() if any(event["Type"] == "DynamoDB" for event in events[logical])]


def _late(name: str) -> Metric:
    return _function("IteratorAge", name, "Maximum")


def _queue(metric: str, properties: dict[str, Any]) -> Metric:
    return ["AWS/SQS", metric, "QueueName", properties["QueueName"]["Fn::Sub"], {"stat": "Maximum"}]


def _dead(properties: dict[str, Any]) -> bool:
    return "RedrivePolicy" not in properties
