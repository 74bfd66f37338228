"""Each function in its own role: it may do what its work needs, as the stories prove, and nothing else of a list."""

from collections.abc import Mapping

import pytest

from tests.e2e.acts import ACTS, denied
from tests.e2e.clocks import Strikes
from tests.e2e.stage import Stage
from tests.e2e.story import Story


def worked(queue: str) -> set[str]:
    """What the reader of a queue does with it."""
    return {f"receive {queue}", f"delete {queue}", f"put back {queue}"}


#: What of the list each function may do. Everything else must be denied.
MAY: Mapping[str, set[str]] = {
    "ApiFunction": {
        "get", "batch get", "query", "query index", "put", "update", "delete", "delete in a transaction", "check",
        "read heads", "read keys", "read payment keys", "read catalogue", "read uploads", "write uploads",
        "read papers", "send stripe events",
    },
    "ReactToFacts": {
        "put", "send emails", "send history", "send counters", "send catalog", "send projections",
        "send media", "send certificates", "send receipts", "send payments", "send facts dead",
    },
    "ExportForMl": {"batch get", "write raw", "send exports dead"},
    "SendEmail": {"get", "batch get", "put", "send emails dead", "send mail", "read keys", *worked("emails")},
    "KeepHistory": {"batch get", "put", "send history dead", *worked("history")},
    "KeepProjections": {
        "query", "get", "batch get", "put", "update", "check", "send projections", "send projections dead",
        *worked("projections"),
    },
    "FoldCounters": {"batch get", "put", "send counters dead", *worked("counters")},
    "CleanAbandonedEnrollments": {"get", "batch get", "put", "update", "check", "send schedules dead"},
    "GiveRefunds": {
        "get", "batch get", "put", "update", "read payment keys", "send payments dead", *worked("payments"),
    },
    "ReconcilePayments": {"get", "batch get", "put", "update", "read payment keys", "send schedules dead"},
    "DailyReport": {"query", "get", "batch get", "put", "update", "send schedules dead"},
    "RemindGoals": {"get", "put", "send reminders", "send schedules dead"},
    "RemindPeople": {"get", "batch get", "query", "put", "send reminders dead", *worked("reminders")},
    "HandleMailEvent": {"get", "put", "send mail events dead", *worked("mail events")},
    "HandleStripeEvent": {
        "get", "batch get", "put", "update", "read payment keys", "send stripe events dead",
        *worked("stripe events"),
    },
    "InspectMedia": {
        "get", "update", "put", "send media dead", "write media", "read uploads", "delete uploads", *worked("media"),
    },
    "SweepFacts": {
        "query", "get", "put", "send emails", "send history", "send counters", "send catalog",
        "send projections", "send media", "send certificates", "send receipts", "send payments", "send schedules dead",
    },
    "EraseAccounts": {
        "query", "query index", "get", "batch get", "put", "update", "delete", "delete in a transaction",
        "check", "read payment keys", "delete papers", "delete receipts", "send schedules dead",
    },
    "IssueCertificate": {
        "get", "batch get", "put", "update", "check", "write papers", "delete papers", "write receipts",
        "delete receipts", "read keys", "send certificates dead", *worked("certificates"),
    },
    "PrintReceipt": {
        "batch get", "put", "write receipts", "delete receipts", "read keys", "send receipts dead", *worked("receipts"),
    },
    "RetryCertificates": {
        "query index", "get", "put", "update", "write papers", "delete papers", "write receipts", "delete receipts",
        "send schedules dead",
    },
    "IndexCatalog": {
        "query", "get", "batch get", "put", "send catalog dead", "read catalogue", "write catalogue",
        *worked("catalog"),
    },
    "RebuildCatalog": {
        "query", "get", "batch get", "put", "read catalogue", "write catalogue", "send schedules dead",
    },
    "AnchorAudit": {"query", "get", "batch get", "put", "read heads", "write heads", "send schedules dead"},
    "CompactExports": {
        "query", "get", "batch get", "put", "update", "read raw", "write raw", "read compacted", "write compacted",
        "send schedules dead",
    },
}  # fmt: skip


@pytest.mark.row("G50")
@pytest.mark.parametrize("function", MAY)
def test_a_function_may_do_its_work_and_nothing_else_of_the_list(
    stage: Stage, told: Story, struck: Strikes, function: str
) -> None:
    role = stage.stack.resources("AWS::IAM::Role")[f"{function}Role"]
    with stage.wearing(role) as clients:
        may = {name for name, act in ACTS.items() if not denied(act, clients, stage)}
    assert may == MAY[function]


def test_every_function_is_held_to_the_list(stage: Stage) -> None:
    assert set(stage.stack.resources("AWS::Lambda::Function")) == set(MAY)


def test_the_clocks_may_start_their_functions_and_bury_their_failures_and_nothing_else(
    stage: Stage, told: Story, struck: Strikes
) -> None:
    role = stage.stack.resources("AWS::IAM::Role")["ClocksRole"]
    with stage.wearing(role) as clients:
        may = {name for name, act in ACTS.items() if not denied(act, clients, stage)}
    assert may == {"start function", "send schedules dead"}
