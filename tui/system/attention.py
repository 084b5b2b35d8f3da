"""The terminal asks for its user's attention: by its bell, or a notification of the desktop where it has them.

Which terminals have them is told by their own variables. tmux and GNU screen pass a notification on only where they
were told to, and swallow it elsewhere: within them it is the bell, which they pass on or show in their own way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from core.system.text import clean
from tui.system.terminal import encoding

WAYS = ("off", "bell", "desktop")
BELL = "\x07"
LONGEST = 200
OSC_9_PROGRAMS = ("iterm.app", "iterm2", "wezterm", "ghostty")
OSC_9_TERMS = ("wezterm", "xterm-ghostty", "foot", "foot-extra")


def codes(way: str, text: str, environ: Mapping[str, str] | None = None) -> str:
    """What to write to the terminal, so that its user hears of `text` in that way; empty for `off`."""
    if way != "desktop":
        return BELL if way == "bell" else ""
    said = " ".join(clean(text).split())[:LONGEST]
    said = said.encode(encoding(), "replace").decode(encoding())
    match _notifies_by(os.environ if environ is None else environ):
        case 99:  # only where its window is not the one that is looked at
            return f"\x1b]99;i=nntui:d=0:o=unfocused;nntui\x1b\\\x1b]99;i=nntui:d=1:p=body;{said}\x1b\\"
        case 9:
            return f"\x1b]9;nntui: {said}\x07"
        case _:
            return BELL


def _notifies_by(environ: Mapping[str, str]) -> int:
    """The number of the control sequence (OSC); 0: by none."""
    term = environ.get("TERM", "")
    if environ.get("TMUX") or environ.get("STY") or term.startswith(("tmux", "screen")):
        return 0
    if environ.get("KITTY_WINDOW_ID") or term == "xterm-kitty":
        return 99
    programs = (environ.get("TERM_PROGRAM", ""), environ.get("LC_TERMINAL", ""))
    if term in OSC_9_TERMS or any(each.lower() in OSC_9_PROGRAMS for each in programs):
        return 9
    return 0
