"""The account that a command works in: AWS as the environment names it, or an emulation at `AWS_ENDPOINT_URL`."""

import os
import threading
from functools import cached_property
from typing import Any

from botocore.config import Config

REGION_OF_EMULATIONS = "us-east-1"
PATIENCE = {"mode": "standard", "total_max_attempts": 6}


class Account:
    """Clients, one per service.

    An emulation never gets a developer's own profile: there, keys come from the environment's variables or are `test`.
    """

    def __init__(self, endpoint_url: str | None = None) -> None:
        import boto3

        self.endpoint_url = endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if self.endpoint_url:
            self._session = boto3.Session(
                aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "test"),
                aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
                aws_session_token=os.environ.get("AWS_SESSION_TOKEN"),
                region_name=region or REGION_OF_EMULATIONS,
            )
        else:
            self._session = boto3.Session(region_name=region)
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service_name: str) -> Any:
        with self._making:
            if service_name not in self._clients:
                self._clients[service_name] = self._session.client(
                    service_name, endpoint_url=self.endpoint_url, config=self.config()
                )
            return self._clients[service_name]

    def config(self) -> Config:
        # A bucket's name in front of `localhost` is an address that not every machine resolves.
        style = {"addressing_style": "path"} if self.endpoint_url else {}
        return Config(connect_timeout=5, read_timeout=60, retries=PATIENCE, s3=style)

    @cached_property
    def number(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def region(self) -> str:
        return str(self._session.region_name)

    @property
    def title(self) -> str:
        """Where we are, in words; nobody should deploy to the wrong place unawares."""
        return f"account {self.number}, {self.region}" + (f", at {self.endpoint_url}" if self.endpoint_url else "")
