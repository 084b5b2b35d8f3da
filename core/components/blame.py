"""Errors of components that nntui did not bring, as one line: their file, the line there, and what was raised.

`guarded` turns them into ConfigError where a component is called by name; `where` finds them in whatever was raised
later, by a layer's forward or an optimizer's step.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.components.registry import Component
from core.errors import ConfigError, UserError

FILES: set[str] = set()
"""The files that components were loaded from, as their code objects name them."""


def where(error: BaseException) -> str:
    """`my_net.py, line 12`: the last line of a component's own file that it came through; empty where there is none."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in FILES:
            found = f"{trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return found


def told(error: BaseException) -> str:
    """`ValueError: an odd width`, the first line of it."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def place_of(component: Component) -> str:
    """The file and line where a component begins: its decorator."""
    build = component.build
    while isinstance(build, functools.partial):
        build = build.func
    build = inspect.unwrap(build)
    code = getattr(build, "__code__", None)
    if code is not None:
        return f"{code.co_filename}, line {code.co_firstlineno}"
    try:
        return f"{inspect.getsourcefile(build)}, line {inspect.getsourcelines(build)[1]}"
    except (OSError, TypeError):
        return str(component.origin)


def guarded(component: Component) -> Component:
    """The same, but what its functions raise becomes a ConfigError. A ValueError of `check` and of other facts stays
    one: it is about hyperparameters, and its text is the component's own."""
    facts: dict[str, Any] = {
        name: _guard(component, fact, ValueError) if callable(fact) else fact for name, fact in component.facts.items()
    }
    return replace(component, build=_guard(component, component.build), facts=facts)


def _guard(component: Component, call: Callable[..., Any], *let_through: type[Exception]) -> Callable[..., Any]:
    @functools.wraps(call, updated=())
    def guard(*positional: Any, **named: Any) -> Any:
        try:
            return call(*positional, **named)
        except (UserError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, let_through):
                raise
            raise ConfigError(
                f"{where(error) or place_of(component)}: {component.kind} {component.name}: {told(error)}"
            ) from error

    return guard
