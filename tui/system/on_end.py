"""A command of the user's own at the end of a run, in the background: without a shell, with the facts in its
environment."""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
from collections.abc import Callable, Mapping

from core.system.text import clean

NAME = "on_end"


def why_not(command: str) -> str:
    """What is wrong with a command as it is written; empty where nothing is."""
    try:
        parts = shlex.split(command)
    except ValueError as error:
        return f"{str(error).lower()}; quote as in a shell"
    return "" if parts or not command.strip() else "it names no program"


def begin(command: str, facts: Mapping[str, str], failed: Callable[[str], object]) -> threading.Thread:
    """Start it; the thread ends with it, and nobody need wait. `failed` is told on that thread, in one line, where it
    cannot be started or does not end with 0. It outlives this process and its terminal."""

    def work() -> None:
        if reason := why_not(command):
            failed(f"on_end: {reason}")
            return
        first, *rest = shlex.split(command)
        given = {name: clean(value).encode("utf-8", "replace").decode() for name, value in facts.items()}
        try:
            child = subprocess.Popen(
                [os.path.expanduser(first), *rest],  # noqa: PTH111  (of a name that is no path it makes none)
                env={**os.environ, **given},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            failed(f"on_end: cannot start {first}: {getattr(error, 'strerror', None) or error}; see F9, Settings")
            return
        if code := child.wait():
            failed(f"on_end: {first} ended with exit code {code}")

    thread = threading.Thread(target=work, name=NAME, daemon=True)
    thread.start()
    return thread
