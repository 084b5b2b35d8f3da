"""Where things lie: the models folder and the data folder."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import UserError


def user_path(text: str | Path) -> Path:
    """A path that a person has written, `~` and `~name` resolved. Raises UserError."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UserError(f"{text}: there is no such home folder") from None


def models_root(given: str | Path | None = None) -> Path:
    """`--models-dir`, else `$NNTUI_MODELS_DIR`, else `./saved_models`."""
    return user_path(given or os.environ.get("NNTUI_MODELS_DIR") or "saved_models")


def data_root() -> Path:
    """`$NNTUI_DATA_DIR`, else a folder in the user's cache."""
    import platformdirs

    return user_path(os.environ.get("NNTUI_DATA_DIR") or platformdirs.user_cache_path("nntui") / "data")
