"""Prints the command tree of the real earthscope-cli as JSON: the path of every
command, hidden ones too, with its arguments and the names of its options."""

import importlib.metadata
import json

import typer

(entry,) = (e for e in importlib.metadata.entry_points(group="console_scripts") if e.name == "es")


def walk(command, path):
    """Yield the commands below one, itself included if it is no group."""
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from walk(inner, path + [name])
        return
    names = [max(p.opts, key=len) for p in command.params]
    yield {
        "path": " ".join(path),
        "options": [n for n in names if n.startswith("-")],
        "arguments": [n for n in names if not n.startswith("-")],
    }


print(json.dumps(list(walk(typer.main.get_command(entry.load()), ["es"]))))
