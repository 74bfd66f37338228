"""Sends the dead letters of a queue back to it; `make redrive QUEUE=emails` runs it, the local queue page calls it.

It works in the stage that `STAGE` names; without it, that is the cloud of `make run` on this machine.
"""

import sys
from typing import Any

from infra.deploy.account import Account
from infra.local.environment import enter_stage

BATCH = 10


class NothingToRedriveTo(Exception):
    """There is no such queue, or its dead letters were never its messages."""


def redrive(sqs: Any, queue: str) -> int:
    """Move every dead letter of `queue` (full name) back; returns how many.

    A letter is sent before it is deleted, so a crash in between doubles it and never loses it: workers stand that.
    """
    source, dead = urls(sqs, queue)
    waiting = depth(sqs, dead)
    moved = 0
    # Those that fail again meanwhile are left: without a limit a message nobody can digest would go round for ever.
    while moved < waiting and (letters := received(sqs, dead)):
        for letter in letters:
            sqs.send_message(QueueUrl=source, MessageBody=letter["Body"], **attributes_of(letter))
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
        moved += len(letters)
    return moved


def urls(sqs: Any, queue: str) -> tuple[str, str]:
    names = (queue, f"{queue}-dead")
    try:
        source, dead = (str(sqs.get_queue_url(QueueName=name)["QueueUrl"]) for name in names)
    except sqs.exceptions.QueueDoesNotExist as error:
        raise NothingToRedriveTo(f"There is no queue {queue} with dead letters of its own.") from error
    return source, dead


def depth(sqs: Any, url: str) -> int:
    wanted = ["ApproximateNumberOfMessages"]
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"][wanted[0]])


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH, MessageAttributeNames=["All"])
    letters: list[dict[str, Any]] = answer.get("Messages", [])
    return letters


def attributes_of(letter: dict[str, Any]) -> dict[str, Any]:
    """What the message carried when it was first sent: all but the reason of its death."""
    kept = {name: value for name, value in letter.get("MessageAttributes", {}).items() if name != "reason"}
    return {"MessageAttributes": kept} if kept else {}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Say which queue: make redrive QUEUE=emails")
        return 2
    prefix = enter_stage()
    name = arguments[0] if arguments[0].startswith(f"{prefix}-") else f"{prefix}-{arguments[0]}"
    try:
        moved = redrive(Account().client("sqs"), name)
    except NothingToRedriveTo as error:
        print(error)
        return 1
    print(f"{moved} dead letter{'' if moved == 1 else 's'} went back to {name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
