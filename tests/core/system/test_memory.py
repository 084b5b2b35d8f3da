"""Free memory: of the machine as psutil tells it, and of the container, whichever is less."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.experiment.resolve import load
from core.sessions import network
from core.system import memory


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """What psutil answers, and the files of Linux: none, as on macOS."""
    found = SimpleNamespace(available=8_000_000_000, groups=tmp_path / "cgroup", controllers=tmp_path / "fs")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=found.available))
    monkeypatch.setattr(memory, "GROUPS", found.groups)
    monkeypatch.setattr(memory, "CONTROLLERS", found.controllers)
    return found


def limited(folder: Path, most: str, used: int, stat: str = "", v1: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if v1 else ("memory.max", "memory.current")
    for name, text in (*zip(names, (most, str(used)), strict=True), ("memory.stat", stat)):
        (folder / name).write_text(text + "\n")


@pytest.mark.parametrize("available", [0, 3_000_000_000, 512_000_000_000])
def test_without_proc_the_machine_tells(machine: SimpleNamespace, available: int) -> None:
    machine.available = available
    assert memory.free_memory() == available


@pytest.mark.parametrize("error", [OSError, RuntimeError, NotImplementedError])
def test_a_system_that_does_not_tell_has_no_limit(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def unknown() -> Any:
        raise error("no such thing here")

    monkeypatch.setattr(psutil, "virtual_memory", unknown)
    assert memory.free_memory() == math.inf


@pytest.mark.parametrize("path", ["/", "/user/app", "/docker/as-the-host-calls-it", "/../.."])
def test_a_container_has_less_than_its_machine(machine: SimpleNamespace, path: str) -> None:
    machine.groups.write_text(f"0::{path}\n")
    limited(machine.controllers, "2000000000", 1_500_000_000, "anon 1\ninactive_file 300000000\nactive_file 100000000")
    assert memory.free_memory() == 900_000_000  # what caches hold is free as well
    machine.available = 100_000_000
    assert memory.free_memory() == 100_000_000


def test_the_tightest_of_the_groups_that_it_lies_in_counts(machine: SimpleNamespace) -> None:
    machine.groups.write_text("0::/slice/service\n")
    limited(machine.controllers / "slice/service", "max", 600_000_000)
    limited(machine.controllers / "slice", "1000000000", 600_000_000)
    assert memory.free_memory() == 400_000_000
    limited(machine.controllers / "slice/service", "700000000", 600_000_000)
    assert memory.free_memory() == 100_000_000
    limited(machine.controllers / "slice/service", "500000000", 600_000_000)  # lowered under what it takes
    assert memory.free_memory() == 0


def test_the_first_version_of_control_groups(machine: SimpleNamespace) -> None:
    machine.groups.write_text("4:cpu,memory:/job\n3:cpu:/job\n0::/\n")
    limited(machine.controllers / "memory", str(2**63 - 4096), 9_000_000_000, v1=True)
    assert memory.free_memory() == 8_000_000_000
    stat = "inactive_file 0\ntotal_inactive_file 50000000\ntotal_active_file 0"
    limited(machine.controllers / "memory/job", "1000000000", 600_000_000, stat, v1=True)
    assert memory.free_memory() == 450_000_000


@given(groups=st.text(max_size=40), told=st.lists(st.text(max_size=20), min_size=3, max_size=3))
def test_files_of_any_content_stop_nothing(
    tmp_path_factory: pytest.TempPathFactory, groups: str, told: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("groups")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=7))
        patch.setattr(memory, "GROUPS", folder / "cgroup")
        patch.setattr(memory, "CONTROLLERS", folder)
        (folder / "cgroup").write_text(f"{groups}\n0::/\n", encoding="utf-8")
        for name, text in zip(("memory.max", "memory.current", "memory.stat"), told, strict=True):
            (folder / name).write_text(text, encoding="utf-8")
        assert 0 <= memory.free_memory() <= 7


def test_a_network_is_too_large_where_there_is_no_proc(machine: SimpleNamespace, tmp_path: Path) -> None:
    machine.available = 10_000_000
    with pytest.raises(ConfigError, match=r"the network needs 0\.\d GB of memory to train, of 0\.0 GB free"):
        network.start(load("iris-net", [("model.hidden", "[4000, 4000]")]), tmp_path)
    assert not list(tmp_path.iterdir())
