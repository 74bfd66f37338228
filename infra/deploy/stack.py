"""One CloudFormation stack: what it is, what a template would change about it, and the waiting while it changes."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import Refused
from infra.deploy.account import Account

Say = Callable[[str], None]

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
#: States in which a stack holds nothing yet: it is made anew.
NEVER_MADE = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"})
WELL = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})
DONE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
PAUSE_SECONDS = (0.2, 3.0)  # the first and the longest
MOST_FAILURES = 5


@dataclass(frozen=True)
class Change:
    action: str
    logical: str
    kind: str
    replaces: bool

    def __str__(self) -> str:
        return f"{self.action:<7} {self.logical} ({self.kind})" + (", made anew" if self.replaces else "")


@dataclass(frozen=True)
class ChangeSet:
    id: str
    changes: list[Change]


@dataclass(frozen=True)
class Stack:
    account: Account
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)

    def status(self) -> str | None:
        described = self._described()
        return str(described["StackStatus"]) if described else None

    def exists(self) -> bool:
        """Whether there is a stack that was made once; stops where it is moving or stuck."""
        status = self.status()
        if status is None or status in NEVER_MADE:
            return False
        if status.endswith("_IN_PROGRESS"):
            raise Refused(f"{self.name} is changing already ({status}); wait until it is done.")
        if status not in WELL:
            raise Refused(f"{self.name} is stuck in {status}; mend it in the CloudFormation console first.")
        return True

    def outputs(self) -> dict[str, str]:
        found = (self._described() or {}).get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def parameters(self) -> dict[str, str]:
        """Every parameter as it is deployed, defaults included."""
        found = (self._described() or {}).get("Parameters", [])
        return {each["ParameterKey"]: each.get("ParameterValue", "") for each in found}

    def physical(self, logical: str) -> str:
        try:
            found = self._cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId=logical)
        except ClientError as error:
            raise Refused(f"{self.name} has no {logical}.") from error
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def resources(self, kind: str) -> dict[str, str]:
        """The physical names of all resources of a type, by their logical ones."""
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [each for page in pages for each in page["StackResourceSummaries"] if each["ResourceType"] == kind]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def planned(self, template_url: str, values: Mapping[str, str], why: str) -> ChangeSet | None:
        """What the template would change; None when nothing."""
        exists = self.exists()
        if not exists and self.status() == "ROLLBACK_COMPLETE":
            self._cloudformation.delete_stack(StackName=self.name)
            self._wait_until_gone()
        made = self._cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}",
            ChangeSetType="UPDATE" if exists else "CREATE",
            Description=why,
            TemplateURL=template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            Capabilities=CAPABILITIES,
            Tags=[{"Key": key, "Value": value} for key, value in self.tags.items()],
        )
        described = self._settled_change_set(made["Id"])
        if described["Status"] == "FAILED":
            self._drop(made["Id"], described.get("StatusReason", ""))
            return None
        return ChangeSet(made["Id"], self._changes(made["Id"]))

    def abandon(self, change_set: ChangeSet) -> None:
        self._cloudformation.delete_change_set(ChangeSetName=change_set.id)

    def execute(self, change_set: ChangeSet, say: Say) -> None:
        """Make the changes and wait, telling what happens; what went wrong first is in the `Refused`."""
        seen = {event["EventId"] for event in self._events()} if self.exists() else set()
        # A table made by a first deployment that fails must not stay behind and block the next one.
        self._cloudformation.execute_change_set(ChangeSetName=change_set.id, RetainExceptOnCreate=True)
        status, failures = self._followed(seen, say)
        if status not in DONE:
            told = "\n".join(failures[:MOST_FAILURES]) or "  (CloudFormation names no resource)"
            raise Refused(f"{self.name} was not changed: {status}. What failed first:\n{told}")

    def _followed(self, seen: set[str], say: Say) -> tuple[str, list[str]]:
        failures: list[str] = []
        for pause in pauses():
            status = self.status() or ""  # read before the events, so that none is missed at the end
            # The newest come first; reading on to the oldest at each look would be throttled.
            fresh = list(takewhile(lambda event: event["EventId"] not in seen, self._events()))
            for event in reversed(fresh):
                seen.add(event["EventId"])
                tell(event, say, failures)
            if not status.endswith("_IN_PROGRESS"):
                return status, failures
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def _events(self) -> Iterator[dict[str, Any]]:
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.name)
        for page in pages:
            yield from page["StackEvents"]

    def _changes(self, change_set: str) -> list[Change]:
        pages = self._cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        return [as_change(each["ResourceChange"]) for page in pages for each in page["Changes"]]

    def _settled_change_set(self, change_set: str) -> dict[str, Any]:
        for pause in pauses():
            described: dict[str, Any] = self._cloudformation.describe_change_set(ChangeSetName=change_set)
            if described["Status"] in ("CREATE_COMPLETE", "FAILED"):
                return described
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def _drop(self, change_set: str, reason: str) -> None:
        self._cloudformation.delete_change_set(ChangeSetName=change_set)
        if not any(known in reason for known in NO_CHANGE):
            raise Refused(f"CloudFormation refuses the template: {reason}")

    def _wait_until_gone(self) -> None:
        self._cloudformation.get_waiter("stack_delete_complete").wait(StackName=self.name, WaiterConfig={"Delay": 2})

    def _described(self) -> dict[str, Any] | None:
        try:
            (found,) = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return dict(found)

    @property
    def _cloudformation(self) -> Any:
        return self.account.client("cloudformation")


def as_change(raw: Mapping[str, Any]) -> Change:
    # "Conditional" passes: a new index is one. CloudFormation never replaces what has a name of its own, as ours have.
    return Change(raw["Action"], raw["LogicalResourceId"], raw["ResourceType"], raw.get("Replacement") == "True")


def tell(event: Mapping[str, Any], say: Say, failures: list[str]) -> None:
    """Say what was done; after a failure, only what else failed: the way back is CloudFormation's own affair."""
    status, logical = str(event["ResourceStatus"]), event["LogicalResourceId"]
    reason = str(event.get("ResourceStatusReason") or "")
    if status.endswith("_FAILED"):
        say(f"  {status:<20} {logical}: {reason}")
        # What was only cancelled because of another's failure explains nothing.
        if "cancelled" not in reason.lower():
            failures.append(f"  {logical} ({event['ResourceType']}): {reason}")
    elif status.endswith("_COMPLETE") and not failures:
        say(f"  {status:<20} {logical}")


def pauses() -> Iterator[float]:
    pause, longest = PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.5, longest)
