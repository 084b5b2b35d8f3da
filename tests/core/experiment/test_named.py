"""What may be loaded, anew, and in whose name: only what the user has named by hand, as it was named."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.components.models import MODELS
from core.errors import ConfigError, RunError
from core.events import codec
from core.events.events import RunStarted
from core.experiment import named, resolve
from core.experiment.schema import REGISTRIES
from core.runs.folder import RunDir
from core.system.known_files import is_known

HEAD = "from torch import nn\nfrom core.components.models import MODELS\n"


@pytest.fixture(autouse=True)
def nothing_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before = {kind: registry.registered() for kind, registry in REGISTRIES.items()}
    named.forget()
    yield
    named.forget()
    for kind, registry in REGISTRIES.items():
        registry.restore(before[kind])


def written(file: Path, *names: str, width: int = 1, more: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    functions = [
        f'\n@MODELS.add("{name}")\ndef f{i}(input_shape, outputs, *, width: int = {width}):\n'
        f'    """A model."""\n    return nn.Linear(input_shape[0], outputs)\n'
        for i, name in enumerate(names or ("mine",))
    ]
    file.write_text(HEAD + "".join(functions) + more)
    return file


def width_of(name: str = "mine") -> int:
    width: int = MODELS[name].resolve({})["width"]
    return width


def known_only(file: Path) -> str:
    """Named by hand in a process before this one; its SHA-256."""
    sha256 = named.name(file).sha256
    named.forget()
    named.for_tables([str(file)], None)
    return sha256


# Anew.


def test_what_was_not_named_by_hand_is_not_run_anew(tmp_path: Path) -> None:
    file = written(tmp_path / "run" / "components" / "x.py")
    known_only(file)
    written(file, width=2, more=f"\nopen({str(tmp_path / 'was-run')!r}, 'w').close()\n")
    assert not named.refresh()
    assert width_of() == 1
    with pytest.raises(ConfigError, match="never named on this machine as it is now") as refused:
        named.refresh([str(file)])
    assert f"--use {file}" in str(refused.value)
    assert not (tmp_path / "was-run").exists()
    assert len((tmp_path / "config" / "nntui" / "components.txt").read_text().splitlines()) == 1


def test_what_was_not_named_by_hand_is_loaded_anew_where_it_is_known(tmp_path: Path) -> None:
    file = written(tmp_path / "x.py", width=2)
    named.name(file)
    named.forget()
    known_only(written(file, width=1))
    written(file, width=2)
    assert named.refresh([str(file)])
    assert width_of() == 2


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_is_named_by_hand_after_it_was_loaded_is_looked_at_from_then_on(tmp_path: Path, elsewhere: bool) -> None:
    file = written(tmp_path / "x.py")
    known_only(file)
    mine = tmp_path / "moved" / "mine.py" if elsewhere else file
    if elsewhere:
        mine.parent.mkdir()
        shutil.copy(file, mine)
    assert named.name(mine).path == mine
    assert named.files() == [str(mine)]
    written(mine, width=2)
    assert named.refresh([str(mine)])
    assert width_of() == 2
    assert is_known(named.name(mine).sha256)


# What a run was trained with.


def run_in(folder: Path, file: Path, sha256: str) -> RunDir:
    """A run that says what it used of a file."""
    (folder / "components").mkdir(parents=True)
    shutil.copy(file, folder / "components" / file.name)
    told = [{"path": str(file), "sha256": sha256, "copy": f"components/{file.name}"}]
    started = RunStarted(
        run_id=folder.name, config={}, parameters=1, layers=[], steps_per_epoch=1, sizes={}, data_sha256="",
        device="cpu", versions={}, host="", git_commit="", argv=[], seed=0,
        started="2026-01-01T00:00:00+00:00", components=told,
    )  # fmt: skip
    (folder / "events.jsonl").write_text(codec.encode(started) + "\n")
    (folder / "config.toml").write_text(f"use = [{str(file)!r}]\n")
    return RunDir(folder)


@pytest.mark.parametrize("root", ["trials", "saved_models"])
@pytest.mark.parametrize("run", ["20260101-000000-mine-abcd", "7"])
def test_a_models_folder_may_be_named_trials(tmp_path: Path, root: str, run: str) -> None:
    file = written(tmp_path / "x.py")
    folder = run_in(tmp_path / root / run, file, known_only(file))
    named.check(folder)
    named.name(written(file, width=2))
    with pytest.raises(RunError, match="was trained with"):
        named.check(folder)


def test_a_trial_is_checked_by_its_search(tmp_path: Path) -> None:
    file = written(tmp_path / "x.py")
    search = run_in(tmp_path / "trials" / "search", file, known_only(file))
    trial = search.trial(3)
    assert (trial.home, trial.run_id, search.home) == (search.path, "search/3", search.path)
    named.check(trial)
    named.name(written(file, width=2))
    with pytest.raises(RunError, match="was trained with"):
        named.check(trial)


PARTS = ("events.jsonl", "inputs.json", "model.pt", "best.pt", "checkpoint.pt", "data.json", "components/x.py")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_a_run_is_no_experiment_of_the_users_own(tmp_path: Path, part: str) -> None:
    file = written(tmp_path / "x.py", more=f"\nopen({str(tmp_path / 'was-run')!r}, 'w').close()\n")
    folder = tmp_path / "copied"
    (folder / part).parent.mkdir(parents=True)
    (folder / part).touch()
    (folder / "config.toml").write_text(f"use = [{str(file)!r}]\n")
    with pytest.raises(ConfigError, match="never named on this machine"):
        resolve.read(str(folder / "config.toml"), by_hand=True)
    assert not (tmp_path / "was-run").exists()
    (folder / "config.toml").rename(folder / "mine.toml")
    assert resolve.read(str(folder / "mine.toml"), by_hand=True)["use"] == [str(file)]


def test_ones_own_experiment_may_be_named_config_and_have_a_folder_of_components(tmp_path: Path) -> None:
    file = written(tmp_path / "components" / "x.py")
    (tmp_path / "config.toml").write_text('use = ["components/x.py"]\n')
    assert resolve.read(str(tmp_path / "config.toml"), by_hand=True)["use"] == [str(file)]


def test_another_file_of_the_same_name_does_not_stand_in_for_one_that_is_there(tmp_path: Path) -> None:
    right = written(tmp_path / "b" / "x.py", "theirs")
    sha256 = known_only(right)
    named.forget()
    named.name(written(tmp_path / "a" / "x.py", "mine"))
    named.check(run_in(tmp_path / "models" / "run", right, sha256))
    assert {"mine", "theirs"} <= set(MODELS.names)


# In whose name.


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("asks", ["MODELS.names", "list(MODELS)", "MODELS['packed']", "import packed_plugin"])
def test_what_a_package_has_is_not_credited_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asks: str, fails: bool
) -> None:
    site = tmp_path / "site"
    written(site / "packed_plugin.py", "packed")
    info = site / "packed_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: packed-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nntui.components]\nit = packed_plugin\n")
    monkeypatch.syspath_prepend(str(site))
    try:
        file = written(tmp_path / "x.py", more=f"\n{asks}\n" + "1 / 0\n" * fails)
        if fails:
            with pytest.raises(ConfigError, match="ZeroDivisionError"):
                named.name(file)
        else:
            assert [each.name for each in named.name(file).components] == ["mine"]
        origin = MODELS["packed"].origin
        assert origin is not None
        assert (origin.package, origin.path) == ("packed-plugin", "")
    finally:
        sys.modules.pop("packed_plugin", None)


def test_components_are_in_the_order_of_their_file(tmp_path: Path) -> None:
    names = [f"net-{i * 7 % 20}" for i in range(20)]
    loaded = named.name(written(tmp_path / "x.py", *names))
    assert [each.name for each in loaded.components] == names
    assert [each.name for each in MODELS][-20:] == names
