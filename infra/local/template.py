"""Reads `infra/resources.yaml` and `infra/functions.yaml` into plain values for one stage: the only list of resources.

`resources` creates what it finds here and `driver` runs the triggers it finds here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from infra.local.environment import FRONT_ENDS
from infra.local.intrinsics import Resolver, TemplateError
from infra.local.triggers import Function, QueueTrigger, ScheduleTrigger, StreamTrigger, triggers_of

INFRA = Path(__file__).resolve().parents[1]
# libyaml reads the files ten times faster; it is not in every PyYAML build.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FILES = (INFRA / "resources.yaml", INFRA / "functions.yaml")

__all__ = [
    "Function",
    "Queue",
    "QueueTrigger",
    "Resource",
    "ScheduleTrigger",
    "StreamTrigger",
    "Template",
    "TemplateError",
    "load",
]


@dataclass(frozen=True)
class Resource:
    """One entry under `Resources`, its properties already plain values."""

    logical: str
    type: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Queue:
    name: str
    arn: str
    visibility: int
    max_receive_count: int | None
    dead_letter: str | None


@dataclass(frozen=True)
class Template:
    """Everything the two files declare, for one stage."""

    stage: str
    resources: Mapping[str, Resource]

    def of_type(self, type_: str) -> list[Resource]:
        return [resource for resource in self.resources.values() if resource.type == type_]

    @cached_property
    def table(self) -> str:
        return str(self.of_type("AWS::DynamoDB::Table")[0].properties["TableName"])

    @cached_property
    def queues(self) -> dict[str, Queue]:
        """By full name."""
        return {queue.name: queue for queue in map(as_queue, self.of_type("AWS::SQS::Queue"))}

    @cached_property
    def functions(self) -> list[Function]:
        """Every function with what starts it."""
        return [
            triggers_of(function.logical, function.properties) for function in self.of_type("AWS::Serverless::Function")
        ]


def parsed(file: Path) -> Any:
    """What a file of ours says."""
    return yaml.load(file.read_text("utf-8"), Loader=LOADER)  # noqa: S506  # Both are safe loaders.


def load(stage: str = "local", files: tuple[Path, ...] = FILES) -> Template:
    """Read and resolve the template files for `stage`."""
    parts = [parsed(file) for file in files]
    declared = {name: body for part in parts for name, body in (part.get("Resources") or {}).items()}
    conditions = {name: body for part in parts for name, body in (part.get("Conditions") or {}).items()}
    said = {"Stage": stage, "CorsAllowedOrigins": front_ends(), "ReminderTimeZone": reminder_zone()}
    resolver = Resolver(said, conditions, declared)
    kept = {name: body for name, body in declared.items() if resolver.wanted(body)}
    return Template(
        stage,
        {
            name: Resource(name, body["Type"], resolver.plain(body.get("Properties") or {}))
            for name, body in kept.items()
        },
    )


def front_ends() -> list[str]:
    """Whose pages may send forms to a bucket of this machine: those that may call the API here."""
    return os.environ.get("CORS_ALLOWED_ORIGINS", ",".join(FRONT_ENDS)).split(",")


def reminder_zone() -> str:
    """Whose midnight it is here, as the settings have it."""
    return os.environ.get("REMINDER_TIME_ZONE") or os.environ.get("DEFAULT_TIME_ZONE") or "Asia/Kolkata"


def as_queue(resource: Resource) -> Queue:
    name = resource.properties["QueueName"]
    redrive = resource.properties.get("RedrivePolicy") or {}
    dead = redrive.get("deadLetterTargetArn")
    return Queue(
        name=name,
        arn=queue_arn(name),
        visibility=int(resource.properties.get("VisibilityTimeout", 30)),
        max_receive_count=int(redrive["maxReceiveCount"]) if redrive else None,
        dead_letter=dead.rsplit(":", 1)[1] if dead else None,
    )


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{Resolver.pseudo['AWS::Region']}:{Resolver.pseudo['AWS::AccountId']}:{name}"
