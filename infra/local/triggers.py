"""What starts each function, as frozen values read from its SAM `Events`; `template` fills them, `driver` runs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.intrinsics import TemplateError


@dataclass(frozen=True)
class QueueTrigger:
    queue: str
    batch_size: int
    partial: bool


@dataclass(frozen=True)
class StreamTrigger:
    table: str
    batch_size: int
    partial: bool
    bisect: bool
    retries: int | None
    max_age_seconds: int | None
    patterns: tuple[str, ...]
    on_failure: str | None


@dataclass(frozen=True)
class ScheduleTrigger:
    expression: str
    zone: str
    input: str
    retries: int
    on_failure: str | None


Trigger = QueueTrigger | StreamTrigger | ScheduleTrigger


@dataclass(frozen=True)
class Function:
    """One Lambda function beside the API. `name` is that of its file: `send_email`, `erase_accounts`."""

    logical: str
    name: str
    handler: str
    timeout: int
    triggers: tuple[Trigger, ...]


def triggers_of(logical: str, properties: Mapping[str, Any]) -> Function:
    """Read the events of one `AWS::Serverless::Function`."""
    handler = str(properties["Handler"])
    events = properties.get("Events") or {}
    return Function(
        logical=logical,
        name=handler.split(".")[-2],
        handler=handler,
        timeout=int(properties.get("Timeout", 3)),
        triggers=tuple(as_trigger(event, properties) for event in events.values()),
    )


def as_trigger(event: Mapping[str, Any], function: Mapping[str, Any]) -> Trigger:
    readers = {"SQS": queue_trigger, "DynamoDB": stream_trigger, "ScheduleV2": schedule_trigger}
    if event["Type"] not in readers:
        raise TemplateError(f"The local cloud cannot start a function by an event of type {event['Type']}.")
    if unknown := event["Properties"].keys() - KNOWN[event["Type"]]:
        raise TemplateError(f"The local cloud does not know {', '.join(sorted(unknown))} of a {event['Type']} event.")
    return readers[event["Type"]](event["Properties"], function)


# Understood, or without meaning on one machine (how long to wait for a fuller batch, how many at once, ...).
MAPPING = {"BatchSize", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds", "ScalingConfig", "MetricsConfig"}
KNOWN = {
    "SQS": MAPPING | {"Queue"},
    "DynamoDB": MAPPING
    | {"Stream", "StartingPosition", "BisectBatchOnFunctionError", "MaximumRetryAttempts", "FilterCriteria"}
    | {"MaximumRecordAgeInSeconds", "DestinationConfig", "ParallelizationFactor"},
    "ScheduleV2": {"ScheduleExpression", "ScheduleExpressionTimezone", "Input", "Name", "Description"}
    | {"FlexibleTimeWindow", "RetryPolicy", "GroupName", "RoleArn"},
}


def queue_trigger(event: Mapping[str, Any], _: Mapping[str, Any]) -> Trigger:
    return QueueTrigger(last(event["Queue"]), int(event.get("BatchSize", 10)), partial(event))


def stream_trigger(event: Mapping[str, Any], _: Mapping[str, Any]) -> Trigger:
    return StreamTrigger(
        table=event["Stream"].split("/")[1],
        batch_size=int(event.get("BatchSize", 100)),
        partial=partial(event),
        bisect=bool(event.get("BisectBatchOnFunctionError", False)),
        retries=limit(event.get("MaximumRetryAttempts")),
        max_age_seconds=limit(event.get("MaximumRecordAgeInSeconds")),
        patterns=tuple(entry["Pattern"] for entry in (event.get("FilterCriteria") or {}).get("Filters", [])),
        on_failure=on_failure(event),
    )


def schedule_trigger(event: Mapping[str, Any], function: Mapping[str, Any]) -> Trigger:
    asynchronous = function.get("EventInvokeConfig") or {}
    return ScheduleTrigger(
        expression=event["ScheduleExpression"],
        zone=event.get("ScheduleExpressionTimezone", "UTC"),
        input=event.get("Input", "{}"),
        retries=int(asynchronous.get("MaximumRetryAttempts", 2)),
        on_failure=on_failure(asynchronous),
    )


def partial(event: Mapping[str, Any]) -> bool:
    return "ReportBatchItemFailures" in (event.get("FunctionResponseTypes") or [])


def limit(value: Any) -> int | None:
    """AWS writes "no limit" as -1 or leaves it out."""
    return None if value is None or int(value) < 0 else int(value)


def on_failure(configuration: Mapping[str, Any]) -> str | None:
    target = (configuration.get("DestinationConfig") or {}).get("OnFailure") or {}
    return last(target["Destination"]) if target else None


def last(arn: str) -> str:
    return arn.rsplit(":", 1)[1]
