"""Calls GetCallerIdentity with the default credential chain of boto3, at the endpoint that
AWS_ENDPOINT_URL names, and prints the caller as JSON. It prints no credentials."""

import json

import boto3

caller = boto3.client("sts").get_caller_identity()
print(json.dumps({"account": caller["Account"], "arn": caller["Arn"]}))
