"""What the terminal is and can, asked before anything is drawn on it; by commands without a screen, too."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any


def why_no_screen() -> str:
    """Why the app cannot run here, or an empty string. Textual reads stdin and draws on stderr."""
    for name, stream in (("stdin", sys.stdin), ("stderr", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"{name} is not a terminal"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"TERM is {os.environ.get('TERM') or 'not set'}, which cannot draw screens"
    return ""


def encoding() -> str:
    """Of the real stderr, on which Textual draws. In the C locale Python takes UTF-8 without asking the terminal: who
    says LC_ALL=C, or names another encoding, is believed."""
    found = getattr(sys.__stderr__, "encoding", None) or "ascii"
    guessed = sys.flags.utf8_mode and os.environ.get("PYTHONUTF8") != "1" and "utf8" not in sys._xoptions
    return "ascii" if guessed and not _locale_is_utf8() else found


def _locale_is_utf8() -> bool:
    """Also where none is set: then nobody has said what the terminal is."""
    coerced = "C.UTF-8"  # by Python itself, over the C of another variable
    wanted = (os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((each for each in wanted if each and each != coerced), coerced)
    codeset = locale.partition(".")[2].partition("@")[0]
    return locale not in ("C", "POSIX") and codeset.lower().replace("-", "") in ("", "utf8")


TRUE_COLOUR = {
    *("foot", "alacritty", "kitty", "wezterm", "ghostty", "contour", "rio", "konsole", "vte", "iterm2", "mintty"),
    *("direct", "direct2", "truecolor", "24bit"),
}
"""Parts of TERM that say so where COLORTERM, which ssh does not pass on, is missing."""


def colours() -> str:
    """How many the terminal has, as Textual calls it: `truecolor`, `256`, or `auto` where its own guess is right. That
    one knows COLORTERM and a TERM that ends in 256color."""
    term = os.environ.get("TERM", "")
    if os.environ.get("COLORTERM") or term.endswith("256color"):
        return "auto"
    if TRUE_COLOUR & set(term.lower().split("-")):
        return "truecolor"
    return "256" if _terminfo_colours() >= 256 else "auto"


def _terminfo_colours() -> int:
    try:
        import curses

        curses.setupterm(fd=1)
        return curses.tigetnum("colors")
    except Exception:  # no such module, or nothing is known of this terminal
        return 0


def in_gnu_screen() -> bool:
    """It holds Esc back for seconds, or for ever, while the mouse is reported."""
    return bool(os.environ.get("STY"))


def report_mouse(driver: Any, on: bool) -> None:
    """From now on, or no longer. Without a terminal nothing happens."""
    if getattr(driver, "_mouse", on) == on or not hasattr(driver, "_enable_mouse_support"):
        return
    if on:
        driver._mouse = True
        driver._enable_mouse_support()
    else:
        driver._disable_mouse_support()
        driver._mouse = False


def mouse_wanted(asked: bool | None, setting: bool | None) -> bool:
    """Whether the mouse is reported: as it was asked for on the command line, else in the settings, else not within GNU
    screen."""
    if asked is not None:
        return asked
    return setting if setting is not None else not in_gnu_screen()


@cache
def plot_marker() -> str:
    """The finest thing that lines can be drawn with here: braille dots, quarter blocks, or full
    stops. `NNTUI_MARKERS` (braille, blocks, ascii) overrides what encoding and TERM suggest."""
    wish = {"braille": "braille", "blocks": "hd", "ascii": "."}.get(os.environ.get("NNTUI_MARKERS", "").lower())
    if wish:
        return wish
    if encodes("⠋") and os.environ.get("TERM") != "linux":  # the console's font has no braille
        return "braille"
    return "hd" if encodes("▘▚▟") else "."


@cache
def encodes(text: str) -> bool:
    try:
        text.encode(encoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True
