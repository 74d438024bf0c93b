"""Reads AWS credentials through ~/.aws/config as every AWS tool in Python does,
and prints what it got, one JSON object for each time it was asked for."""

import json
import sys

import botocore.session

credentials = botocore.session.Session(profile=sys.argv[1]).get_credentials()
for _ in range(int(sys.argv[2])):
    frozen = credentials.get_frozen_credentials()
    print(json.dumps({
        "method": credentials.method,
        "access_key_id": frozen.access_key,
        "secret_access_key": frozen.secret_key,
        "session_token": frozen.token,
    }))
