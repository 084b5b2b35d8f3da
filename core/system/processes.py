"""Other processes on this machine that train beside this one, and never outlive it."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SAVING = 20.0
"""Seconds that one gets to give back its trials and end."""


class Helpers:
    """Processes with the same command. Each has a pipe to this one as its standard input, which nobody writes to: when
    it closes, because this process says so or is dead, the helper stops (`stop_with_parent`)."""

    def __init__(self, command: Sequence[str], n: int, folder: Path, env: Mapping[str, str]) -> None:
        """What they print goes to `folder`, a file for each: `2.log`, `3.log`, … Raises OSError."""
        self._children: list[subprocess.Popen[bytes]] = []
        self._logs = [folder / f"{i + 2}.log" for i in range(n)]
        if n:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            for path in self._logs:
                with path.open("wb") as log:
                    self._children.append(
                        subprocess.Popen(
                            command,
                            stdin=subprocess.PIPE,
                            stdout=log,
                            stderr=subprocess.STDOUT,
                            env={**os.environ, **env},
                            start_new_session=True,  # a Ctrl+C is this process's business; it closes the pipes
                        )
                    )
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Let them end by themselves, as they do when all is trained; those that do not are stopped."""
        for child in self._children:
            try:
                child.wait(SAVING)
            except subprocess.TimeoutExpired:
                break
        self.stop()

    def stop(self) -> None:
        for child in self._children:
            if child.stdin is not None:
                child.stdin.close()
        for child in self._children:
            try:
                child.wait(SAVING)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    @property
    def failures(self) -> list[str]:
        """The last line of each that has ended by an error."""
        found = []
        for child, path in zip(self._children, self._logs, strict=True):
            if child.poll() not in (None, 0, 143):
                text = path.read_text(encoding="utf-8", errors="replace").strip()
                found.append(f"{text.splitlines()[-1] if text else f'exit {child.returncode}'} ({path})")
        return found


def stop_with_parent(stop: Callable[[], object]) -> None:
    """In a helper: call `stop` when the pipe to its parent closes, and end the process where it goes on after that."""

    def watch() -> None:
        while os.read(0, 4096):
            continue
        stop()
        threading.Event().wait(SAVING)
        os._exit(143)

    threading.Thread(target=watch, name="parent", daemon=True).start()
