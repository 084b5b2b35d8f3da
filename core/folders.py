"""Where things lie: the models folder and the data folder."""

from __future__ import annotations

import os
from pathlib import Path


def models_root(given: str | Path | None = None) -> Path:
    """`--models-dir`, else `$NNTUI_MODELS_DIR`, else `./saved_models`."""
    return Path(given or os.environ.get("NNTUI_MODELS_DIR") or "saved_models").expanduser()


def data_root() -> Path:
    """`$NNTUI_DATA_DIR`, else a folder in the user's cache."""
    import platformdirs

    return Path(os.environ.get("NNTUI_DATA_DIR") or platformdirs.user_cache_path("nntui") / "data").expanduser()
