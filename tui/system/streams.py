"""stdout and stderr as they may be: missing, full, left by their reader, without UTF-8."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO


def prepare() -> None:
    """A missing stream becomes /dev/null; what a stream cannot spell becomes an escape."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def json_for_stdout(value: Any) -> str:
    """Indented JSON in ASCII: the same value in whatever encoding, and without controls."""
    return json.dumps(value, indent=1).replace("\x7f", "\\u007f")


def abandon(stream: TextIO) -> None:
    """Let what the interpreter flushes at exit go to /dev/null."""
    with contextlib.suppress(OSError, ValueError):  # no descriptor behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Output:
    """stdout, until the program that reads it is gone: then the run stops, with a checkpoint."""

    def __init__(self) -> None:
        self.closed = False
        self.error = ""

    def write(self, lines: Sequence[str]) -> None:
        if self.closed or not lines:
            return
        try:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
        except OSError as error:
            self.closed = True
            self.error = "" if isinstance(error, BrokenPipeError) else f"cannot write to stdout: {error.strerror}"
            abandon(sys.stdout)  # the interpreter flushes it at exit
