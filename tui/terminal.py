"""What the terminal is, asked before anything is drawn on it."""

from __future__ import annotations

import os
import sys


def why_no_screen() -> str:
    """Why the app cannot run here, or an empty string. Textual reads stdin and draws on stderr."""
    for name, stream in (("stdin", sys.stdin), ("stderr", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"{name} is not a terminal"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"TERM is {os.environ.get('TERM') or 'not set'}, which cannot draw screens"
    return ""
