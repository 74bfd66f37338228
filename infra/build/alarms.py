"""An alarm for every function, every dead-letter queue and every reader of the stream, so that none can be forgotten.

`template` calls `add`; alarms about the whole stand in infra/watch.yaml, and get here what all alarms have in common.
"""

from typing import Any

from infra.build import functions

ALARM = "AWS::CloudWatch::Alarm"
TOPIC = [{"Ref": "AlarmTopic"}]
#: The stream keeps its records for a day, so that there is time left.
LATE_MS = 5 * 60 * 1000
#: A letter, or an entry in the audit log, that is this late.
STUCK_SECONDS = 15 * 60

Resources = dict[str, Any]


def add(resources: Resources) -> None:
    for logical, function in functions.of(resources).items():
        resources |= _of_function(logical, function["Properties"])
    for logical, queue in list(resources.items()):
        if queue["Type"] == "AWS::SQS::Queue":
            resources |= _of_queue(logical, queue["Properties"])
    for logical, alarm in resources.items():
        if alarm["Type"] == ALARM:
            alarm["Properties"] = _common(logical) | alarm["Properties"]


def _common(logical: str) -> dict[str, Any]:
    name = functions.words(logical.removesuffix("Alarm"))
    return {
        "AlarmName": {"Fn::Sub": f"learnflow-${{Stage}}-{name}"},
        "AlarmActions": TOPIC,
        "OKActions": TOPIC,
        "TreatMissingData": "notBreaching",
    }


def _of_function(logical: str, properties: dict[str, Any]) -> Resources:
    of = [{"Name": "FunctionName", "Value": {"Ref": logical}}]
    file = properties["Handler"].rpartition(".")[0]
    found = {
        f"{logical}FailsAlarm": _alarm("AWS/Lambda", "Errors", of, f"{file} failed, or ran out of time or memory."),
        f"{logical}ThrottledAlarm": _alarm("AWS/Lambda", "Throttles", of, f"Lambda has no room for {file}."),
    }
    if any(event["Type"] == "DynamoDB" for event in (properties.get("Events") or {}).values()):
        late = f"{file} is five minutes behind the stream. Runbook stuck-stream."
        found[f"{logical}LateAlarm"] = _alarm("AWS/Lambda", "IteratorAge", of, late, statistic="Maximum", above=LATE_MS)
    return found


def _of_queue(logical: str, properties: dict[str, Any]) -> Resources:
    of = [{"Name": "QueueName", "Value": {"Fn::GetAtt": [logical, "QueueName"]}}]
    if "RedrivePolicy" in properties:
        stuck = "Messages wait for a quarter of an hour: a worker is stuck, or what it needs is out of order."
        metric = "ApproximateAgeOfOldestMessage"
        alarm = _alarm("AWS/SQS", metric, of, stuck, statistic="Maximum", above=STUCK_SECONDS)
        return {f"{logical}StuckAlarm": alarm}
    dead = "Somebody has to look at a dead letter. Runbook dead-letters."
    alarm = _alarm("AWS/SQS", "ApproximateNumberOfMessagesVisible", of, dead, statistic="Maximum")
    return {f"{logical}Alarm": alarm}


def _alarm(
    namespace: str, metric: str, of: list[dict[str, Any]], meaning: str, *, statistic: str = "Sum", above: int = 0
) -> dict[str, Any]:
    return {
        "Type": ALARM,
        "Properties": {
            "AlarmDescription": meaning,
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": of,
            "Statistic": statistic,
            "Period": 300,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": above,
            "EvaluationPeriods": 1,
        },
    }
