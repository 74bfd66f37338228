"""Every night: erase the accounts whose grace period has passed."""

from typing import Any

from chalicelib import logs
from chalicelib.accounts import privacy
from chalicelib.insight.holders import HOLDERS
from chalicelib.messaging import jobs
from chalicelib.messaging.jobs import Save
from chalicelib.table import acts

logs.configure()


def handler(event: dict[str, Any], context: Any) -> None:
    """Erasing is repeatable, so a run that takes over from a killed one starts at the first account still due."""
    meant = jobs.moment(event)
    act = acts.by_system(f"erase-accounts-{meant.date()}")

    def work(cursor: str, save: Save) -> None:
        for user_id in privacy.due(meant):
            privacy.erase(act, user_id, as_of=meant, holders=HOLDERS)
            save(user_id)

    jobs.run("erase_accounts", meant.date().isoformat(), work, act)
