"""Asks the API for the user's profile with the real earthscope-sdk, once for
each of a number of clients, as many workers would. Prints the number of
answers; what went wrong comes as the exception's class and text."""

import sys

from earthscope_sdk import EarthScopeClient

try:
    answers = 0
    for _ in range(int(sys.argv[1])):
        with EarthScopeClient() as client:
            assert client.user.get_profile().primary_email
            answers += 1
    print(answers)
except Exception as error:
    print(f"{type(error).__name__}: {error}")
    sys.exit(1)
