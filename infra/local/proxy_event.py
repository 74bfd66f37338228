"""Builds the event that API Gateway (REST, Lambda proxy) gives a function for an HTTP request; `gateway` calls it."""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from infra.local.environment import ACCOUNT, STAGE


@dataclass(frozen=True)
class Match:
    """The route that a path leads to, and its parameters, still percent-encoded as API Gateway leaves them."""

    pattern: str
    captured: Mapping[str, str]


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a request target."""
    path, _, query = target.partition("?")
    return path or "/", query


def header(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    found = [value for own, value in headers if own.lower() == name.lower()]
    return found[-1] if found else None


def proxy_event(
    match: Match,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    source_ip: str,
    base: str,
    request_id: str,
    is_binary: Callable[[str], bool],
) -> dict[str, Any]:
    path, query = split_target(target)
    asked = grouped(parse_qsl(query, keep_blank_values=True))
    sent = grouped(headers)
    encoded = bool(body) and is_binary(header(headers, "content-type") or "")
    return {
        "resource": match.pattern,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in sent.items()},
        "multiValueHeaders": sent,
        # API Gateway says null where there is nothing.
        "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
        "multiValueQueryStringParameters": asked or None,
        "pathParameters": dict(match.captured) or None,
        "stageVariables": None,
        "requestContext": request_context(match, method, path, source_ip, base, request_id, headers),
        "body": as_body(body, encoded),
        "isBase64Encoded": encoded,
    }


def request_context(
    match: Match,
    method: str,
    path: str,
    source_ip: str,
    base: str,
    request_id: str,
    headers: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": urlsplit(base).netloc,
        "httpMethod": method,
        "identity": {"sourceIp": source_ip, "userAgent": header(headers, "user-agent")},
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": request_id,
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": round(time.time() * 1000),
        "resourcePath": match.pattern,
        "stage": STAGE,
    }


def as_body(body: bytes, encoded: bool) -> str | None:
    if not body:
        return None
    return base64.b64encode(body).decode() if encoded else body.decode("utf-8", errors="replace")


def grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
