"""Prints what botocore finds for the profiles in the arguments, as one JSON list a line."""

import json
import sys

from botocore.session import Session

for profile in sys.argv[1:]:
    session = Session(profile=profile)
    found = session.get_credentials().get_frozen_credentials()
    region = session.get_config_variable("region")
    print(json.dumps([found.access_key, found.secret_key, found.token, region]))
