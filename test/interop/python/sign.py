"""Signs requests with botocore's signer: one JSON object a line on standard input, with url, body,
accessKeyId, secretAccessKey and, for a session, sessionToken. Prints the headers of each as a line."""

import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

for line in sys.stdin:
    given = json.loads(line)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", given["url"], headers, given["body"])
    names = ("accessKeyId", "secretAccessKey", "sessionToken")
    credentials = Credentials(*(given.get(name) for name in names))
    SigV4Auth(credentials, "sts", "eu-west-1").add_auth(request)
    print(json.dumps(dict(request.headers)))
