"""Which runs are listed, in which order and columns, and which are marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from some_runs import CONFIG, made_run, run_id

from core.runs import catalogue, labels
from core.runs.folder import RunDir
from tui.screens.runs.listing import BROKEN, RunsListing, title_of

SCORES = [0.5, 0.9, 0.7, 0.9]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, score in enumerate(SCORES):
        config = {**CONFIG, "name": f"net{i}", "optimizer": {"name": "adam", "lr": 10.0**-i}}
        made_run(
            tmp_path, run_id(i, f"net{i}"), config=config, score=score, seed=i, started=f"2026-11-01T00:00:0{i}+00:00"
        )
    (tmp_path / run_id(9, "torn")).mkdir()
    return tmp_path


@pytest.fixture
def listing(folder: Path) -> RunsListing:
    found = RunsListing()
    assert found.take(catalogue.read(folder))
    return found


def shown(listing: RunsListing) -> list[str]:
    return [title_of(entry).split("-")[0] for entry in listing.rows]


def test_the_newest_comes_first_and_what_is_broken_is_a_line(listing: RunsListing) -> None:
    assert shown(listing) == ["torn", "net3", "net2", "net1", "net0"]
    assert listing.rows[0].summary.status == BROKEN
    assert "nntui delete" in listing.rows[0].summary.reason
    assert listing.title() == "5 runs"


def test_the_same_again_is_nothing_new(listing: RunsListing, folder: Path) -> None:
    assert not listing.take(catalogue.read(folder))
    labels.change(RunDir(folder / run_id(0, "net0")), add=["paper"])
    assert listing.take(catalogue.read(folder))


def test_a_filter_that_is_wrong_leaves_all_as_it_was(listing: RunsListing) -> None:
    assert listing.look_for("test_accuracy>0.6") is None
    assert sorted(shown(listing)) == ["net1", "net2", "net3"]
    wrong = listing.look_for("test_acuracy>0.6")
    assert wrong is not None
    assert (wrong.start, wrong.length) == (0, len("test_acuracy"))
    assert "test_accuracy" in str(wrong)
    assert sorted(shown(listing)) == ["net1", "net2", "net3"]
    assert listing.look_for("broken") is None
    assert shown(listing) == ["torn"]
    assert listing.look_for(" ") is None
    assert len(listing.rows) == 5


def test_by_a_score_the_best_comes_first_and_what_has_none_last(listing: RunsListing) -> None:
    listing.sort("best")
    assert shown(listing) == ["net1", "net3", "net2", "net0", "torn"]
    listing.sort("best")
    assert shown(listing) == ["net0", "net2", "net1", "net3", "torn"]
    listing.sort("test_loss")
    assert shown(listing)[:3] == ["net1", "net3", "net2"]
    listing.sort("optimizer.lr")
    assert shown(listing)[-2:] == ["net0", "torn"] or shown(listing)[0] == "net0"


def test_sorting_goes_through_the_columns(listing: RunsListing) -> None:
    listing.chosen = ("seed", "best")
    listing.sort("run")
    order = []
    for _ in range(4):
        order.append(listing.sorted_by)
        listing.sort_next(1)
    assert order == ["run", "seed", "best", "run"]
    listing.sort_next(-1)
    assert listing.sorted_by == "run"


def test_what_is_marked_is_meant_else_the_one_at_the_cursor(listing: RunsListing) -> None:
    first, second = listing.rows[1:3]
    assert listing.meant(first) == [first]
    assert listing.meant(None) == []
    listing.mark(second.run_id)
    assert listing.meant(first) == [second]
    listing.look_for("net1")
    assert listing.meant(None) == [second], "also what the filter hides"
    listing.mark_all()
    assert len(listing.marked) == 2
    listing.mark_all()
    assert listing.marked == {second.run_id}
    assert listing.title() == "1 of 5 runs  1 marked"


def test_a_mark_goes_with_its_run(listing: RunsListing, folder: Path) -> None:
    listing.mark(run_id(0, "net0"))
    (folder / run_id(0, "net0")).rename(folder.parent / "elsewhere")
    listing.take(catalogue.read(folder))
    assert not listing.marked


def test_a_column_is_any_key_or_metric(listing: RunsListing, folder: Path) -> None:
    assert {"test_accuracy", "best.test_accuracy", "optimizer.lr", "model.hidden"} <= set(listing.names)
    listing.chosen = ("optimizer.lr", "model.hidden", "best.test_accuracy")
    _run, lr, hidden, best = listing.columns
    row = next(entry for entry in listing.rows if entry.summary.name == "net2")
    assert (lr.text(row), hidden.text(row), best.text(row)) == ("0.01", "16,16", "70.0 %")
    assert not lr.left
    assert hidden.left
    names, rows = listing.table()
    assert names == ["run", "name", "optimizer.lr", "model.hidden", "best.test_accuracy"]
    assert [row[2] for row in rows if "net2" in row[0]] == [0.01]


def test_what_may_come_next(listing: RunsListing) -> None:
    assert "optimizer.lr" in listing.completions("optim", 5).options
    assert "net2" in listing.completions("experiment=", 11).options
    assert BROKEN in listing.completions("bro", 3).options


def test_a_name_given_by_hand_and_hostile_text(listing: RunsListing, folder: Path) -> None:
    labels.change(RunDir(folder / run_id(0, "net0")), name="the one")
    listing.take(catalogue.read(folder))
    assert "the one" in [title_of(entry) for entry in listing.rows]
    (folder / run_id(1, "net1") / "labels.json").write_text('{"name": "a\\u001b[31mred", "tags": [], "note": ""}')
    listing.take(catalogue.read(folder))
    assert all("\x1b" not in column.text(entry) for entry in listing.rows for column in listing.columns)


def test_the_line_that_lists_the_same(listing: RunsListing) -> None:
    listing.look_for("seed>0")
    listing.sort("best")
    listing.chosen = ("seed", "best")
    assert listing.command() == ["nntui", "runs", "seed>0", "--sort", "best:desc", "--columns", "run,seed,best"]


def test_a_word_that_may_become_a_column_leaves_the_list_as_it_was(listing: RunsListing) -> None:
    assert listing.look_for("test_acc", typing=True) is None
    assert len(listing.rows) == 5, "it is being typed"
    assert listing.look_for("net1", typing=True) is None
    assert shown(listing) == ["net1"]
    assert listing.look_for("test_acc") is None
    assert listing.rows == []
    assert listing.completions("test_accuracy", 13).options[0] == "test_accuracy="
