"""The clients of AWS: what is spared them changes nothing of what leaves."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.session import get_session

from chalicelib import aws
from chalicelib.settings import settings

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


@pytest.mark.parametrize("region", ["ap-south-1", "us-gov-west-1", "cn-north-1"])
def test_the_table_is_asked_where_the_rules_of_its_service_say(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setattr(aws, "settings", replace(settings, region=region))
    theirs = get_session().create_client("dynamodb", region_name=region)
    assert asked(aws.client.__wrapped__("dynamodb")) == asked(theirs)


def asked(client: Any) -> str:
    """Where a call goes; nothing leaves."""
    seen: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        seen.append(request.url)
        made = AWSResponse(request.url, 200, {}, None)
        made._content = b"{}"
        return made

    client.meta.events.register_first("before-send.dynamodb", answer)
    client.get_item(TableName="any", Key=KEY)
    return seen[0]
