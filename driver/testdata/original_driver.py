"""Calls a Lambda function as the original suite's driver does, and knows no key but the original's.

It reads {"function": NAME, "event": {...}, "invocations": N} on stdin and prints what the answers add up to. The endpoint is
that of AWS_ENDPOINT_URL.
"""

import concurrent.futures
import json
import sys

import boto3

asked = json.load(sys.stdin)
client = boto3.client("lambda", region_name="us-east-1")


def call(index):
    answer = client.invoke(
        FunctionName=asked["function"],
        InvocationType="RequestResponse",
        Payload=json.dumps({**asked["event"], "lambda_index": index}),
    )
    payload = json.loads(answer["Payload"].read())
    body = json.loads(payload.get("body", "{}"))
    return answer["StatusCode"], body.get("result", {}), index


with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
    answers = list(pool.map(call, range(asked["invocations"])))

json.dump(
    {
        "answered": sum(status == 200 for status, _, _ in answers),
        "success_count": sum(r.get("success_count", 0) for _, r, _ in answers),
        "error_count": sum(r.get("error_count", 0) for _, r, _ in answers),
        "total_inserts": sum(r.get("total_inserts", 0) for _, r, _ in answers),
        "echoed": sum(
            all(r.get(key) == value for key, value in {**asked["event"], "lambda_index": i}.items()) for _, r, i in answers
        ),
        "rates": sum(abs(r["inserts_per_second"] - r["success_count"] / r["duration_ms"] * 1000) < 1 for _, r, _ in answers),
    },
    sys.stdout,
)
