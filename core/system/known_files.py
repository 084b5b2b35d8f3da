"""Contents of files that the user has once named by hand on this machine, by their SHA-256: what may be run without
asking again, wherever it lies now."""

from __future__ import annotations

import contextlib
from pathlib import Path


def _file() -> Path:
    import platformdirs

    return platformdirs.user_config_path("nntui", appauthor=False) / "components.txt"


def is_known(sha256: str) -> bool:
    """False also where the list cannot be read."""
    try:
        lines = _file().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return any(line.split(" ", 1)[0] == sha256 for line in lines)


def remember(sha256: str, path: Path) -> None:
    """`path` is for whoever reads the list. A home that cannot be written to: it is asked for again next time."""
    if is_known(sha256):
        return
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        with _file().open("ab") as file:  # one short line at once: two processes do not mix theirs
            file.write(f"{sha256} {str(path)!a}\n".encode())
