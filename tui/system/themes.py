"""Themes whose states stay apart for every common kind of colour blindness: blue for good, vermillion for bad, from the
palette of Okabe and Ito (2008)."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="okabe-ito",
        primary="#56B4E9",
        secondary="#0072B2",
        accent="#E69F00",
        success="#56B4E9",
        warning="#F0E442",
        error="#D55E00",
        foreground="#E8E8E8",
        background="#121212",
        surface="#1E1E1E",
        panel="#2C3238",
    ),
    Theme(
        name="okabe-ito-light",
        primary="#0072B2",
        secondary="#56B4E9",
        accent="#B35C00",
        success="#0072B2",
        warning="#8A6D00",
        error="#D55E00",
        foreground="#1A1A1A",
        background="#FAFAFA",
        surface="#FFFFFF",
        panel="#DDE3E8",
        dark=False,
    ),
)
