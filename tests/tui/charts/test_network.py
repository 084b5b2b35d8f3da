"""A network as a sketch: what it says of each layer, in any room."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from tui.charts.ink import Look
from tui.charts.network import Stage, sketch, stages
from tui.system.terminal import plot_marker


def layer(kind: str, *output: int, parameters: int = 0) -> dict[str, Any]:
    return {"name": kind.lower(), "type": kind, "output": list(output), "parameters": parameters}


NET = [layer("Linear", 16, parameters=80), layer("ReLU", 16), layer("Linear", 3, parameters=51)]
LENET = [
    *(layer("Conv2d", 8, 24, 24, parameters=208), layer("ReLU", 8, 24, 24), layer("MaxPool2d", 8, 12, 12)),
    *(layer("Conv2d", 16, 8, 8, parameters=3216), layer("ReLU", 16, 8, 8), layer("MaxPool2d", 16, 4, 4)),
    *(layer("Flatten", 256), layer("Linear", 64, parameters=16448), layer("ReLU", 64)),
    layer("Linear", 10, parameters=650),
]


def test_its_stages() -> None:
    assert [stage.size for stage in stages(NET, (4,))] == ["4", "16", "3"]
    assert [stage.after for stage in stages(NET, (4,))] == ["", "ReLU", ""]
    assert [stage.size for stage in stages(NET, (1, 28, 28))] == ["784", "16", "3"], "all pixels in a row"
    assert [stage.size for stage in stages(LENET, (1, 28, 28))] == [
        *("1×28×28", "8×24×24", "8×12×12", "16×8×8", "16×4×4", "64", "10")
    ]
    assert stages([], None) == []


@pytest.mark.parametrize("net", [NET, LENET, [layer("Linear", 1, parameters=2)]])
@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("size", [(24, 6), (38, 9), (60, 14), (200, 40), (23, 20), (80, 5)])
def test_it_fits(net: list[dict[str, Any]], ascii: bool, size: tuple[int, int], monkeypatch) -> None:
    monkeypatch.setenv("NNTUI_MARKERS", "ascii" if ascii else "braille")
    plot_marker.cache_clear()
    lines = sketch(stages(net, (4,)), *size, Look(ascii, not ascii))
    plot_marker.cache_clear()
    assert len(lines) <= size[1]
    assert all(cell_len(line.plain) <= size[0] for line in lines)
    assert bool(lines) == (size[0] >= 24 and size[1] >= 6)
    text = "\n".join(line.plain for line in lines)
    assert text.isascii() == (ascii or not lines)
    if lines:
        assert str(net[-1]["output"][0]) in lines[0].plain


def test_a_small_layer_has_all_its_units_and_a_large_one_says_that_there_are_more() -> None:
    text = "\n".join(line.plain for line in sketch([Stage((3,), "input"), Stage((50,), "Linear")], 40, 20, Look()))
    assert text.count("●") == 3 + 5
    assert text.count("⋮") == 1
