"""The clients of AWS: made when first needed, with our time-outs and one layer of retries."""

from functools import cache
from typing import Any

from chalicelib.settings import settings

CONNECT_SECONDS = 1
READ_SECONDS = 3


@cache
def client(service: str, *, attempts: int = settings.aws_attempts, read_seconds: float = READ_SECONDS) -> Any:
    """A botocore client; boto3 is not imported, which saves 30 ms of each cold start."""
    from botocore.config import Config
    from botocore.session import get_session

    config = Config(
        connect_timeout=min(CONNECT_SECONDS, read_seconds),
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        parameter_validation=settings.is_local,
    )
    return get_session().create_client(service, region_name=settings.region, config=config)


@cache
def queue_url(name: str) -> str:
    url: str = client("sqs").get_queue_url(QueueName=settings.queue(name))["QueueUrl"]
    return url
