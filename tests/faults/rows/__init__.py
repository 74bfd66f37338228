"""The rows of the fault table, one module for each family. A module here is found by itself; a row is one function:

    @fault_row("F12", "mail provider down for an hour", rounds=Rounds(reduced=1, full=20), goal="all sent, none dead")
    def mail_provider_down(lab: Lab, chance: random.Random) -> int:
        ...
        return cases

It begins on a wiped engine at `lab.clock`'s time. A broken promise is an AssertionError. After it the harness checks
the ledger, where everything that was told must have been acknowledged: settle, or sweep, before you return. What it
did on purpose it says in `lab.expected`: poison, repeats, and invariants (the functions of `ledger`) that mean nothing
in a world it has built itself: `lab.expected.meaningless |= {ledger.names_and_people_point_at_one_another}`.
"""

from tests.faults.lab import Lab
from tests.faults.table import Rounds, fault_row

__all__ = ["Lab", "Rounds", "fault_row"]
