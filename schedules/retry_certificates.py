"""Every hour: makes the papers of certificates that have been waiting for one for too long."""

from typing import Any

from chalicelib import logs
from chalicelib.learning.certificates import printing
from chalicelib.learning.records import Certificate
from chalicelib.messaging import batches, jobs
from chalicelib.messaging.jobs import Save
from chalicelib.table.acts import by_system

logs.configure()


class StillUnprinted(RuntimeError):
    """Some certificates have no paper; the log names them."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Making a paper is repeatable, so a run that takes over from a killed one begins at what is still without."""
    meant = jobs.moment(event)
    act = by_system(context.aws_request_id)
    made: list[str] = []

    def work(cursor: str, save: Save) -> None:
        failed = []
        for certificate in printing.overdue(meant):
            if not _kept(certificate, made):
                failed.append(certificate.id)
            save(certificate.id)
        if failed:
            raise StillUnprinted(f"{len(failed)} certificates")

    done = jobs.run("retry_certificates", f"{meant:%Y-%m-%dT%H}", work, act)
    return {"made": len(made), "done": done}


def _kept(certificate: Certificate, made: list[str]) -> bool:
    try:
        outcome = printing.keep(certificate.user_id, certificate.course_id, by_system("retry-certificates").now)
    except Exception as error:  # noqa: BLE001  # the batch loop: one certificate must not take the others with it
        batches.log.error("not printed", exc_info=error, extra=logs.facts(certificate=certificate.id))
        return False
    made.append(certificate.id)
    batches.log.info("printed", extra=logs.facts(certificate=certificate.id, outcome=outcome))
    return True
