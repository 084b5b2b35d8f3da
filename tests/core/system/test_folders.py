"""Where things lie: what is given, else what the environment says, else the usual place."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UserError
from core.system.folders import data_root, models_root


def test_the_models_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNTUI_MODELS_DIR", raising=False)
    assert models_root() == Path("saved_models")
    monkeypatch.setenv("NNTUI_MODELS_DIR", "/environment")
    assert models_root() == Path("/environment")
    assert models_root("/given") == Path("/given")
    monkeypatch.setenv("NNTUI_MODELS_DIR", "")
    assert models_root() == Path("saved_models")
    assert models_root("~/x") == Path.home() / "x"


def test_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNTUI_DATA_DIR", "/environment")
    assert data_root() == Path("/environment")
    monkeypatch.delenv("NNTUI_DATA_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert data_root().is_relative_to(tmp_path)
    assert "nntui" in str(data_root())


def test_a_home_folder_that_is_not_there_is_a_user_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError):
        models_root("~no-such-user/x")
    monkeypatch.setenv("NNTUI_DATA_DIR", "~no-such-user/x")
    with pytest.raises(UserError):
        data_root()
