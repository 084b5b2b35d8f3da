"""Rows, their folding, their labels, who is best, and what one should know."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from collections.abc import Callable

import pytest

from core.comparison.comparison import Comparison
from core.comparison.entries import Entry
from core.comparison.labels import common_name, distinct
from core.comparison.settings import Various
from core.comparison.table import to_csv, to_dict

Make = Callable[..., Entry]


def test_runs_that_differ_in_their_seed_alone_are_one_row(entry: Make) -> None:
    runs = [
        entry(f"r{seed}", {"seed": seed, "name": f"net-{seed}"}, test_accuracy=[0.5, 0.6 + seed / 10])
        for seed in range(3)
    ]
    other = entry("x", {"optimizer": {"lr": 0.1}, "seed": 1}, test_accuracy=[0.9, 0.4])
    found = Comparison([*runs[:2], other, runs[2]])
    assert [[each.run_id for each in row.entries] for row in found.rows] == [["r0", "r1", "r2"], ["x"]]
    score = found.rows[0].last("test_accuracy")
    assert score.mean == pytest.approx(0.7)
    assert score.deviation == pytest.approx(statistics.stdev([0.6, 0.7, 0.8]))
    assert score.n == 3
    assert found.rows[0].settings["seed"] == Various((0, 1, 2))
    assert set(found.differing) == {"optimizer.lr", "seed", "name"}
    assert [len(row.entries) for row in Comparison(found.entries, folded=False).rows] == [1, 1, 1, 1]
    assert found.folds


@pytest.mark.parametrize(
    ("other", "rows"),
    [
        ({"seed": 1}, 1),
        ({"seed": 1, "name": "other", "summary": "x", "log": "iris", "threads": 2, "data_dir": "/d"}, 1),
        ({"seed": 1, "epochs": 11}, 2),
        ({"seed": 1, "model": {"hidden": [8]}}, 2),
        ({"seed": 0}, 2),  # the same network once more: no further seed
    ],
)
def test_what_folds(other: dict[str, object], rows: int, entry: Make) -> None:
    assert len(Comparison([entry("a"), entry("b", other)]).rows) == rows


def test_other_data_are_no_repeat(entry: Make) -> None:
    two = [entry("a", data_sha256="aa"), entry("b", {"seed": 1}, data_sha256="bb")]
    assert len(Comparison(two).rows) == 2
    assert "a file has changed" in Comparison(two).notes[0]
    drawn = [entry("a", data_sha256="aa", drawn=True), entry("b", {"seed": 1}, data_sha256="bb", drawn=True)]
    assert len(Comparison(drawn).rows) == 1, "points that each seed draws anew"


def test_the_same_seed_twice_counts_once(entry: Make) -> None:
    found = Comparison([entry("a"), entry("b"), entry("c", {"seed": 1})])
    assert [[each.run_id for each in row.entries] for row in found.rows] == [["a", "c"], ["b"]]
    assert "counts for no further seed" in found.notes[0]


def test_all_that_share_the_best_value_are_first(entry: Make) -> None:
    values = [0.9, 0.7, 0.9, math.nan]
    runs = [
        entry(f"r{i}", {"optimizer": {"lr": i}}, test_accuracy=[0.1, v], test_loss=[0.5, v])
        for i, v in enumerate(values)
    ]
    found = Comparison(runs)
    assert found.standing("test_accuracy", "last").first == {0, 2}
    assert found.standing("test_loss", "last").first == {1}, "less of a loss is better"
    assert found.standing("test_accuracy", "last").near == frozenset()


def test_what_noise_may_have_put_behind_the_best_is_near(entry: Make) -> None:
    def group(lr: float, values: list[float]) -> list[Entry]:
        config = {"optimizer": {"lr": lr}}
        return [entry(f"{lr}-{i}", {**config, "seed": i}, test_accuracy=[v]) for i, v in enumerate(values)]

    found = Comparison([*group(0.1, [0.90, 0.94]), *group(0.2, [0.88, 0.92]), *group(0.3, [0.5, 0.52])])
    standing = found.standing("test_accuracy", "last")
    assert (standing.first, standing.near) == ({0}, {1})


def test_failed_networks_do_not_count_beside_others(entry: Make) -> None:
    runs = [entry("a", test_accuracy=[0.8]), entry("b", {"seed": 1}, test_accuracy=[0.1], state="failed")]
    found = Comparison(runs)
    assert found.rows[0].last("test_accuracy").n == 1
    assert found.rows[0].last("test_accuracy").mean == 0.8
    assert any("did not fail" in note for note in found.notes)
    assert Comparison(runs, folded=False).standing("test_accuracy", "last").first == {0}


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"dataset": {"name": "digits"}}, "other data (dataset.name: iris, digits)"),
        ({"split": {"random_state": 7}}, "tested on other samples (split.random_state: 42, 7)"),
        ({"standardise": ["target"]}, "other units"),
        ({"split": {"validation": 0.2}}, ""),
        ({"standardise": ["features"]}, ""),
        ({"loss": {"name": "mse"}}, ""),
    ],
)
def test_scores_of_other_test_samples_are_not_compared(
    other: dict[str, dict[str, object]], word: str, entry: Make
) -> None:
    usual = {"dataset": {"name": "iris"}, "split": {"random_state": 42}, "loss": {"name": "cross-entropy"}}
    changed = {**usual, **{k: {**usual.get(k, {}), **v} if isinstance(v, dict) else v for k, v in other.items()}}
    runs = [entry("a", usual, test_accuracy=[0.5]), entry("b", changed, test_accuracy=[0.6], data_sha256="bb")]
    found = Comparison(runs)
    assert word in found.not_comparable
    assert bool(found.not_comparable) == bool(word)
    assert found.standing("test_accuracy", "last").first == (frozenset() if word else {1})
    same = Comparison([runs[0], entry("b", changed, test_accuracy=[0.6])])
    assert same.not_comparable == "", "the same fingerprint"


def test_labels_are_short_and_no_two_alike() -> None:
    def labels(*settings: dict[str, object], names: list[str] | None = None) -> list[str]:
        ids = [f"20260101-12000{i}-net-ab0{i}" for i in range(len(settings))]
        return distinct(names or ["net"] * len(settings), settings, ids)

    assert labels({"seed": 0}, {"seed": 1}) == ["seed 0", "seed 1"]
    assert labels({"optimizer.lr": 0.1, "seed": 0}, {"optimizer.lr": 0.2, "seed": 0}) == ["lr 0.1", "lr 0.2"]
    assert labels({"model.hidden": [8]}, {}) == ["hidden 8", "no hidden"]
    assert labels({"a.x": 1, "a.y": 1}, {"a.x": 1, "a.y": 2}, {"a.x": 2, "a.y": 1}) == ["x 1 y 1", "x 1 y 2", "x 2 y 1"]
    assert labels({}, {}) == ["net ab00", "net ab01"]
    assert labels({"seed": 0}, {"seed": 1}, {}, names=["net", "net", "other"]) == ["net seed 0", "net seed 1", "other"]
    assert labels({}, {}, {}, names=["a", "a", "a ab00"])[0] != "a ab00"
    assert common_name(["net-1", "net-2"]) == "net"
    assert common_name(["one", "two"]) == "one"


def test_the_rows_as_csv_and_json(entry: Make) -> None:
    config = {"optimizer": {"lr": 0.1}}
    runs = [entry("a", config, test_loss=[0.5, 0.2]), entry("b", {**config, "seed": 1}, test_loss=[0.4, 0.3])]
    runs.append(entry("c", {"optimizer": {}, "name": "=cmd()"}, test_loss=[math.inf, math.nan]))
    found = Comparison(runs)
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert [row["runs"] for row in rows] == ["a b", "c"]
    assert float(rows[0]["last_test_loss"]) == 0.25
    assert float(rows[0]["last_test_loss_sd"]) == pytest.approx(statistics.stdev([0.2, 0.3]))
    assert (rows[0]["optimizer.lr"], rows[1]["optimizer.lr"]) == ("0.1", "")
    assert (rows[1]["last_test_loss"], rows[1]["name"]) == ("", "'=cmd()")
    told = json.loads(json.dumps(to_dict(found), allow_nan=False))
    assert told["settings"]["optimizer.lr"] == {"net": 0.1, "=cmd()": None}
    assert told["metrics"]["test_loss"]["lower_is_better"]
    assert told["rows"][0]["seeds"] == [0, 1]
    assert told["rows"][1]["last"]["test_loss"] == {"mean": None, "sd": None, "n": 0}
