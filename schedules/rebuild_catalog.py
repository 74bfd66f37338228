"""Every night: makes the catalogue anew from the table, so that whatever it missed is in it by morning."""

from typing import Any

from chalicelib import logs
from chalicelib.catalog.index import building
from chalicelib.messaging import jobs
from chalicelib.messaging.jobs import Save
from chalicelib.table.acts import by_system

logs.configure()


def handler(event: dict[str, Any], context: Any) -> None:
    """A run that takes over from a killed one begins anew: nothing was published."""
    meant = jobs.moment(event)

    def work(cursor: str, save: Save) -> None:
        building.rebuild(alive=lambda: save(cursor))

    jobs.run("rebuild_catalog", meant.date().isoformat(), work, by_system(context.aws_request_id))
