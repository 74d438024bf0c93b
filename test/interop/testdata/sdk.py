"""Answers questions about the real earthscope-sdk, one JSON object a line on
standard input and output, so that the tests pay for starting Python once.

Every question brings a whole environment, in order, and is answered with a
client of its own. The SDK derives two folders from the environment when it is
imported; they are derived again for each question, as a new process would.
"""

import datetime
import importlib
import json
import math
import os
import sys

import earthscope_sdk.config._compat as compat
import earthscope_sdk.config.settings as sdk_settings
from earthscope_sdk import EarthScopeClient


def enter(question):
    """Become a process with the question's environment."""
    os.environ.clear()
    for assignment in question["env"] or []:
        name, _, value = assignment.partition("=")
        os.environ.setdefault(name, value)  # of two equal names the first counts
    importlib.reload(compat)
    sdk_settings._LOCAL_APP_DIR = sdk_settings.get_config_dir(app_name="earthscope")


def plain(value):
    """Turn a value of the settings into one that JSON has: seconds for
    durations, sorted lists for sets, text for URLs and secrets."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(inner) for inner in value)
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return getattr(value, "value", value)
    return str(value)


def load(question):
    """The SDK's settings, with dotted constructor arguments."""
    arguments = {}
    for path, value in question.get("arguments", {}).items():
        *tables, name = path.split(".")
        table = arguments
        for outer in tables:
            table = table.setdefault(outer, {})
        table[name] = value
    return sdk_settings.SdkSettings(**arguments)


def resolve(question):
    """The SDK's settings, flattened to dotted paths."""
    settings = load(question)
    flat = {"tokens_file": str(settings.tokens_file)}

    def walk(prefix, table):
        for name, value in table.items():
            path = prefix + name
            if isinstance(value, dict) and path != "http.extra_headers":
                walk(path + ".", value)
            else:
                flat[path] = value

    walk("", plain(settings.model_dump()))
    return {"settings": flat}


def tokens(question):
    """The tokens the SDK works with, refreshed where it thinks that is due, or
    in any case."""
    client = EarthScopeClient(settings=load(question))
    try:
        flow = client.ctx.auth_flow
        if question.get("refresh") == "always":
            flow.refresh()
        elif question.get("refresh") == "if necessary":
            flow.refresh_if_necessary()
        held = flow.tokens
        answer = {
            "access_token": held.access_token and held.access_token.get_secret_value(),
            "id_token": held.id_token and held.id_token.get_secret_value(),
            "refresh_token": held.refresh_token and held.refresh_token.get_secret_value(),
        }
        if question.get("profile_of_user"):
            answer["user_id"] = client.user.get_profile().user_id
        return answer
    finally:
        client.close()


def write(question):
    """Let the SDK write tokens as it does after a refresh."""
    settings = load(question)
    settings.write_tokens(sdk_settings.Tokens.model_validate(question["tokens"]))
    return {}


def undo_format(question):
    """What a KubeSpawner gives to the server that it starts: it formats every
    value of its environment with what it knows of the user."""
    known = {"username": "ada", "unescaped_username": "ada", "servername": "", "userid": 1}
    return {"message": question["text"].format(**known)}


def fields(question):
    """What the API says about the user, field by field, as the SDK's models
    read it: the profile, or AWS credentials for a role."""
    client = EarthScopeClient(settings=load(question))
    try:
        if question["role"]:
            found = client.user.get_aws_credentials(role=question["role"], **(question["parameters"] or {}))
        else:
            found = client.user.get_profile()
        return {"settings": plain(found.model_dump(mode="json"))}
    finally:
        client.close()


def main():
    calls = {"settings": resolve, "tokens": tokens, "write": write, "undo format": undo_format, "fields": fields}
    for line in sys.stdin:
        question = json.loads(line)
        try:
            enter(question)
            answer = calls[question["call"]](question)
        except Exception as error:  # whatever stops the SDK is an answer
            answer = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(answer), flush=True)


main()
