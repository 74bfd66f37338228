"""The messages that AWS leaves in an on-failure queue when it gives up; the stream and schedule sources send them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.local.cloud import Cloud
from infra.local.invocation import Run, error_payload, function_arn
from infra.local.shards import Batch, created


def tell(cloud: Cloud, queue: str, message: Mapping[str, Any]) -> None:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))


def stream_message(
    function: str, condition: str, batch: Batch, shard: str, stream: str, run: Run | None
) -> dict[str, Any]:
    """Where in the stream the records stand, not the records themselves: that is all AWS tells."""
    first, last = batch.records[0], batch.records[-1]
    return {
        **envelope(function, condition, batch.attempts, run),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": first["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": last["dynamodb"]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": written(datetime.fromtimestamp(created(first), UTC)),
            "approximateArrivalOfLastRecord": written(datetime.fromtimestamp(created(last), UTC)),
            "batchSize": len(batch.records),
            "streamArn": stream,
        },
    }


def asynchronous_message(function: str, event: Mapping[str, Any], attempts: int, run: Run) -> dict[str, Any]:
    return {
        **envelope(function, "RetriesExhausted", attempts, run),
        "requestPayload": dict(event),
        "responsePayload": error_payload(run.error) if run.error else run.answer,
    }


def envelope(function: str, condition: str, attempts: int, run: Run | None) -> dict[str, Any]:
    return {
        "version": "1.0",
        "timestamp": written(datetime.now(UTC)),
        "requestContext": {
            "requestId": run.request_id if run else "",
            "functionArn": f"{function_arn(function)}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            **({"functionError": "Unhandled"} if run and run.failed else {}),
        },
    }


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
