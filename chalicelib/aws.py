"""The clients of AWS: made when first needed, with our time-outs and one layer of retries."""

import random
import threading
from functools import cache, partial
from typing import Any

from chalicelib.settings import settings

CONNECT_SECONDS = 1
READ_SECONDS = 3
BUSY_SECONDS = 0.05
LONGEST_SECONDS = 2.0
#: The table refuses at once what is too much for it; nothing has been done then.
BUSY = frozenset({"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"})
#: A session must not make two clients at a time; the local server has threads.
_making = threading.Lock()


@cache
def client(service: str, *, attempts: int = settings.aws_attempts, read_seconds: float = READ_SECONDS) -> Any:
    """A botocore client; boto3 is not imported, which saves 30 ms of each cold start."""
    import botocore
    from botocore.config import Config

    config = Config(
        connect_timeout=min(CONNECT_SECONDS, read_seconds),
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        parameter_validation=settings.is_local,
        # botocore would write a long line about the machine anew for each call.
        user_agent=f"LearnFlow botocore/{botocore.__version__}",
        # What is signed for others to use would still be signed in the old way.
        signature_version="s3v4" if service == "s3" else None,
    )
    with _making:
        made = _session().create_client(service, region_name=settings.region, config=config)
    if service == "dynamodb":
        # The table has one address. By its rules botocore would work it out anew for each call: 7 % of a request.
        made._ruleset_resolver = None
        made.meta.events.register_first("needs-retry.dynamodb", partial(_soon, attempts))
    return made


def _soon(most: int, response: Any, attempts: int, **_: Any) -> float | None:
    """A short pause before the next attempt where the table is too busy; botocore takes the first answer it gets.

    Its own pauses, up to 1, 2 and 4 s, are made for services that need that long.
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    if code not in BUSY or attempts >= most:
        return None
    return random.uniform(0, min(LONGEST_SECONDS, BUSY_SECONDS * 2**attempts))  # noqa: S311 - jitter, not a secret


@cache
def _session() -> Any:
    """One for all clients: what it has read of botocore's data serves each of them."""
    from botocore.session import get_session

    from chalicelib.wire import LeanParsers

    made = get_session()
    made.register_component("response_parser_factory", LeanParsers())
    return made


@cache
def queue_url(name: str) -> str:
    url: str = client("sqs").get_queue_url(QueueName=settings.queue(name))["QueueUrl"]
    return url
