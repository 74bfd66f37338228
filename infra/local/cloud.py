"""The clients the local tooling talks to its AWS with: localstack-client's, aimed at one engine and made once each."""

import os
import threading
import urllib.request
from typing import Any, Protocol

from botocore.config import Config
from localstack_client.config import get_service_endpoints
from localstack_client.session import Session

from infra.local.environment import REGION

# DynamoDB may come from another engine (DynamoDB Local); botocore reads the same two names.
SEPARATE = {"dynamodb": "AWS_ENDPOINT_URL_DYNAMODB", "dynamodbstreams": "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"}
# Every event source has a thread and shares these clients.
PATIENCE = Config(
    connect_timeout=2, read_timeout=30, max_pool_connections=50, retries={"mode": "standard", "total_max_attempts": 4}
)


class Clients(Protocol):
    """Anything that makes clients: a `Cloud`, a boto3 session."""

    def client(self, service_name: str) -> Any: ...


class Cloud(Session):  # type: ignore[misc]  # localstack-client has no types
    """A localstack-client session for the engine at `endpoint_url` (default: where `AWS_ENDPOINT_URL` points)."""

    def __init__(self, endpoint_url: str | None = None) -> None:
        super().__init__(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106
        mapping: dict[str, str] = get_service_endpoints()
        if endpoint_url:
            mapping = dict.fromkeys(mapping, endpoint_url)
        own = {service: os.environ[name] for service, name in SEPARATE.items() if os.environ.get(name)}
        self._service_endpoint_mapping = {**mapping, **own}
        self.endpoint_url: str = mapping["sqs"]
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service_name: str, **kwargs: Any) -> Any:
        """The one client of a service: threads may share one, but must not make two at a time."""
        with self._making:
            if service_name not in self._clients:
                self._clients[service_name] = super().client(service_name, config=PATIENCE, **kwargs)
            return self._clients[service_name]

    def ask(self, path: str, method: str = "GET") -> bytes:
        """One request to the engine's own pages, outside the AWS interfaces."""
        request = urllib.request.Request(self.endpoint_url + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return bytes(reply.read())
