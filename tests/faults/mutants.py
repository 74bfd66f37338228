"""`make mutants`: proof that the fault rows bite. Each mutant is one condition taken out of a copy of the tree.

A mutant is caught when what should notice it fails there, having passed without it. The list is printed, and `make
faults ROUNDS=full` writes it into docs/faults.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build" / "mutants.json"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".*_cache", ".hypothesis", "node_modules")


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in `file`; `caught_by` names the row, and the seed or the flow of it, that must fail."""

    name: str
    file: str
    old: str
    new: str
    caught_by: str


MUTANTS = [
    Mutant(
        "a change does not look whether somebody else has changed the item since",
        "chalicelib/table/writes.py",
        "unchanged if where is None else unchanged & where,",
        "where,",
        "--row F6 --seed 1",
    ),
    Mutant(
        "a username may be taken twice",
        "chalicelib/accounts/names.py",
        'put_new(directory, otherwise=_taken(NameTaken, "username")),',
        'Write("Put", directory),',
        "--row F6 --seed 1",
    ),
    Mutant(
        "the refresh token before the newest is not honoured",
        "chalicelib/accounts/refreshing.py",
        "if turn == newest - 1 or (",
        "if turn == newest - 3 or (",
        "--row F17 --seed 1",
    ),
    Mutant(
        "any older refresh token is honoured",
        "chalicelib/accounts/refreshing.py",
        "if turn == newest - 1 or (",
        "if turn < newest or (",
        "--row F17 --seed 1",
    ),
    Mutant(
        "a mailed token is not used up",
        "chalicelib/accounts/recovery.py",
        "return together(act, use_up, write, fact=fact, result=after)",
        "return together(act, write, fact=fact, result=after)",
        "--row F3 --flow verify",
    ),
    Mutant(
        "a letter that was sent is not remembered as dealt with",
        "chalicelib/messaging/mailer.py",
        "if found is not None and (found.state in ENDS or",
        "if found is not None and (found.state in () or",
        "--row F10 --seed 1",
    ),
    Mutant(
        "a job is done though another run holds its lease",
        "chalicelib/messaging/jobs.py",
        "if found is not None and found.lease_until > now:",
        "if found is not None and found.lease_until < found.lease_until:",
        "--row F16 --seed 1",
    ),
    Mutant(
        "the sweeper believes that all was told",
        "chalicelib/messaging/sweeper.py",
        "return [fact for fact in happened if fact.id not in told]",
        "return [fact for fact in happened if fact.id in told]",
        "--row F29 --seed 1",
    ),
    Mutant(
        "an idempotency key answers any request",
        "chalicelib/web/idempotency.py",
        'if not keys().proves("idempotency", self.asked, record.fingerprint):',
        'if not keys().proves("idempotency", self.asked, record.fingerprint) and not record.fingerprint:',
        "--row F9 --seed 1",
    ),
    Mutant(
        "idempotency keys are shared across people",
        "chalicelib/web/door.py",
        "subject = place if exchange.caller.is_anonymous else exchange.caller.id",
        "subject = place",
        "--row F9 --seed 1",
    ),
    Mutant(
        "a stored answer never ends",
        "chalicelib/web/idempotency.py",
        "if record is None or record.expires_at <= self.now:",
        "if record is None:",
        "--row F26 --seed 1",
    ),
    Mutant(
        "the audit chain does not ask whether a fact is there already",
        "chalicelib/accounts/audit.py",
        "fresh = [fact for fact in told if pointers[fact.id] not in found]",
        "fresh = list(told)",
        "--row F10 --seed 1",
    ),
    Mutant(
        "somebody who is being erased leaves the list of the due before all of theirs is gone",
        "chalicelib/accounts/privacy.py",
        "        gsi1pk=user.gsi1pk,\n        gsi1sk=user.gsi1sk,\n",
        "",
        "--row F3 --flow erase",
    ),
    Mutant(
        "a seat is taken where none is left",
        "chalicelib/learning/enrollments.py",
        "where=Seats.taken < Seats.capacity,",
        "where=Seats.taken >= 0,",
        "--row F7 --seed 1",
    ),
    Mutant(
        "an enrollment replaces the one that is there",
        "chalicelib/learning/enrollments.py",
        "return made, put_new(made, otherwise=Stale())",
        'return made, Write("Put", made)',
        "--row F7 --seed 1",
    ),
    Mutant(
        "whoever finishes a course does not look whether its lessons are still those",
        "chalicelib/learning/finishing.py",
        "seen = Gate.curriculum_ver == int(gate.curriculum_ver)",
        "seen = Gate.pk.exists()",
        "--row F22 --seed 3",
    ),
    Mutant(
        "a certificate replaces the one that is there",
        "chalicelib/learning/certificates/issuing.py",
        "put_new(certificate, otherwise=Stale()),",
        'Write("Put", certificate),',
        "--row F23 --seed 3",
    ),
    Mutant(
        "the catalogue's pointer is moved from wherever it is",
        "chalicelib/catalog/index/building.py",
        "unmoved = IndexPointer.sequence == int(seen.sequence) if seen",
        "unmoved = IndexPointer.pk.exists() if seen",
        "--row F27 --seed 5",
    ),
    Mutant(
        "a course is changed whatever it is by now",
        "chalicelib/catalog/courses.py",
        "change(before.course, *actions(before.course, changes), now=act.now),",
        'Write("Update", before.course, None, tuple(actions(before.course, {**changes, "ver": ver}))),',
        "--row F22 --seed 1",
    ),
    Mutant(
        "numbers of lessons are taken though somebody else has taken them",
        "chalicelib/catalog/courses.py",
        "return Curriculum.next_ordinal == int(curriculum.next_ordinal)",
        "return Curriculum.next_ordinal >= 1",
        "--row F22 --seed 1",
    ),
    Mutant(
        "a counted write does not look whether somebody else has counted since",
        "chalicelib/web/limits.py",
        'condition = "n = :bound" if seen else "attribute_not_exists(n) OR n = :bound"',
        'condition = "attribute_not_exists(n) OR n >= :bound"',
        "--row F6 --seed 1",
    ),
    Mutant(
        "a day that a change of zone fell into ends at once",
        "chalicelib/web/windows.py",
        "if now.timestamp() < held[1]:",
        "if now.timestamp() < 0:",
        "--row F26 --seed 1",
    ),
    Mutant(
        "a day of goals does not look whether another entry has moved it since",
        "chalicelib/goals/days.py",
        "return put(made, where=GoalDay.turn == turn, otherwise=Stale()) if seen",
        'return Write("Put", made) if seen',
        "--row F6 --seed 1",
    ),
    Mutant(
        "what belongs to all goals of a person is written over that of another device",
        "chalicelib/goals/ledgers.py",
        "return put(after, where=unturned, otherwise=Stale())",
        'return Write("Put", after)',
        "--row F6 --seed 1",
    ),
    Mutant(
        "an entry that was taken back keeps the place of its lesson",
        "chalicelib/goals/lesson_slots.py",
        "TimedLesson.entry.set(0), where=",
        "TimedLesson.entry.set(int(entry.number)), where=",
        "--row F26 --seed 1",
    ),
    Mutant(
        "the id of an order does not follow from its cart",
        "chalicelib/commerce/placing.py",
        "order_id = ids.order_of(act.actor, int(cart.ver))",
        'order_id = ids.order_of(act.actor, int.from_bytes(__import__("os").urandom(4)))',
        "--row F8 --seed 1",
    ),
    Mutant(
        "an order is written though it is there",
        "chalicelib/commerce/placing.py",
        "placed: Write = put_new(order, otherwise=Stale())",
        'placed: Write = Write("Put", order)',
        "--row F8 --seed 1",
    ),
    Mutant(
        "an order takes a seat though none is left",
        "chalicelib/learning/enrollments.py",
        "where=Seats.taken < Seats.capacity, otherwise=SoldOut()",
        "where=Seats.taken >= 0, otherwise=SoldOut()",
        "--row F8 --seed 1",
    ),
    Mutant(
        "an order takes a use of a code though none is left",
        "chalicelib/commerce/couponing.py",
        "where=CouponSlots.pk.exists() & room, otherwise=Stale()",
        "where=CouponSlots.pk.exists(), otherwise=Stale()",
        "--row F8 --seed 1",
    ),
    Mutant(
        "an order is ended while its payment can still be made",
        "chalicelib/commerce/looking.py",
        "news = stripe_gateway.cancel_intent(order.intent_id, deadline=act.deadline)",
        "news = News()",
        "--row F19 --seed 2",
    ),
    Mutant(
        "an event is not remembered as done",
        "chalicelib/commerce/payments.py",
        "marked = [put_new(event, otherwise=Stale())] if event else []",
        "marked: list[Any] = []",
        "--row F1 --seed 1",
    ),
    Mutant(
        "what is learned of a payment is written over what somebody else has learned",
        "chalicelib/commerce/effects.py",
        "return put(self.after, where=Order.ver == int(self.before.ver), otherwise=Stale())",
        'return Write("Put", self.after)',
        "--row F2 --seed 1",
    ),
    Mutant(
        "a payment of another amount pays an order",
        "chalicelib/commerce/news.py",
        "if news.captured_minor not in (None, total) or not 0 <= news.disputed_minor <= total:",
        "if not 0 <= news.disputed_minor <= total:",
        "--row F20 --seed 1",
    ),
    Mutant(
        "a payment in another currency pays an order",
        "chalicelib/commerce/news.py",
        "if news.currency is not None and news.currency.upper() != order.currency:",
        "if news.currency is not None and not news.currency:",
        "--row F20 --seed 1",
    ),
    Mutant(
        "a refund that was asked for is not held back from what may be asked for",
        "chalicelib/commerce/refunding.py",
        "order.refunding_minor = int(order.refunding_minor) + amount",
        "order.refunding_minor = int(order.refunding_minor)",
        "--row F21 --seed 1",
    ),
    Mutant(
        "a dispute goes back to what it was before",
        "chalicelib/commerce/news.py",
        "if states.DISPUTES[news.dispute] > states.DISPUTES[order.dispute]:",
        "if news.dispute != order.dispute:",
        "--row F21 --seed 1",
    ),
    Mutant(
        "what was given back before it was delivered is opened",
        "chalicelib/commerce/fulfilment.py",
        '        if line["id"] in order.closed:\n            _give_up_seat(effects, line)\n        elif not',
        "        if not",
        "--row F21 --seed 1",
    ),
]


@dataclass(frozen=True)
class Verdict:
    name: str
    file: str
    caught_by: str
    caught: bool
    seconds: float


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        (tree / ".venv").symlink_to(ROOT / ".venv")
        yield tree


def holds(tree: Path, asked: str) -> bool:
    """Whether the row holds in this tree."""
    command = [sys.executable, "-m", "tests.faults", *asked.split()]
    quietly = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=tree, capture_output=True, check=False, env=quietly).returncode == 0


def tried(tree: Path, mutant: Mutant) -> Verdict:
    file = tree / mutant.file
    whole = file.read_text("utf-8")
    if whole.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.file}: not there exactly once: {mutant.old}")
    started = time.monotonic()
    file.write_text(whole.replace(mutant.old, mutant.new), "utf-8")
    try:
        caught = not holds(tree, mutant.caught_by)
    finally:
        file.write_text(whole, "utf-8")
    return Verdict(mutant.name, mutant.file, mutant.caught_by, caught, round(time.monotonic() - started, 1))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="")
    only = parser.parse_args().only
    chosen = [mutant for mutant in MUTANTS if only in mutant.name]
    verdicts = []
    with copy_of_the_tree() as tree:
        for asked in sorted({mutant.caught_by for mutant in chosen}):
            if not holds(tree, asked):
                raise SystemExit(f"make faults {asked} fails without any mutant.")
        for mutant in chosen:
            verdict = tried(tree, mutant)
            verdicts.append(verdict)
            print(f"{'caught' if verdict.caught else 'SURVIVED':9} {mutant.caught_by:22} {mutant.name}", flush=True)
    if not only:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps([asdict(verdict) for verdict in verdicts], indent=1))
    return 0 if all(verdict.caught for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
