"""What is typed is text, and stays it: to make sure of that Typer would load Pydantic, which takes half as long as
`nntui --help` as a whole."""

from __future__ import annotations

from typing import Any

import typer

TEXTS = (str, bool, list[str])
"""Kinds of parameters whose values are right as they are typed; a flag has no value."""


class _AsTyped:
    """In place of what makes a parameter's value of its text."""

    def coerce(self, value: Any, param: Any, ctx: object) -> Any:
        return () if value is None and (param.multiple or param.nargs == -1) else value


def command_of(app: typer.Typer) -> Any:
    """The command that an app is, with all below it. In a version of Typer that does it in another way nothing is
    gained, and nothing lost."""
    command = typer.main.get_command(app)
    _take_as_typed(command)
    return command


def _take_as_typed(command: Any, above: typer.Context | None = None) -> None:
    context = typer.Context(command, parent=above, **command.context_settings)
    for param in command.get_params(context):  # with --help
        if getattr(getattr(param, "type_descriptor", None), "annotation", None) in TEXTS:
            param._runtime_param = _AsTyped()
    for below in getattr(command, "commands", {}).values():
        _take_as_typed(below, context)
