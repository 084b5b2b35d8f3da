"""The experiments that come with nntui: one TOML file each, in the format that `nntui run FILE` reads."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
FIRST = "iris-net"
"""What to begin with: nothing to download, done in a second."""


def preset_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
