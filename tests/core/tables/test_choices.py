"""What is chosen about a table, and the config that says the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.experiment import resolve as config
from core.experiment.begin import experiment_on
from core.experiment.draft import Draft, take_table
from core.tables.choices import Choices
from core.tables.survey import survey

NAMES = ["id", "a", "b, c", "d", "y"]
CHOICES = Choices("/t.csv", target="y")


def test_a_section_holds_only_what_is_not_as_by_default() -> None:
    assert CHOICES.section(NAMES) == {"name": "csv", "path": "/t.csv", "target": "y"}
    changed = replace(CHOICES.turned("id").as_categories("a").next_missing().next_task(), separator="tab")
    section = changed.section(NAMES)
    assert section == {
        "name": "csv",
        "path": "/t.csv",
        "target": "y",
        "leave_out": ["id"],
        "categories": ["a"],
        "task": "classification",
        "missing": "drop",
        "separator": "tab",
    }
    assert Choices.of(section) == changed


def test_of_many_columns_the_shorter_list_is_given() -> None:
    few = CHOICES.turned("id", "a", "d")
    section = few.section(NAMES)
    assert section["features"] == ["b, c"]
    assert "leave_out" not in section
    assert Choices.of(section).knowing(NAMES) == few


def test_columns_that_are_gone_are_forgotten_but_a_target_that_is_gone_is_told() -> None:
    old = Choices("/t.csv", target="gone", out=frozenset({"a", "lost"}), categories=frozenset({"lost", "d"}))
    known = old.knowing(NAMES)
    assert known.out == {"a"}
    assert known.categories == {"d"}
    assert known.target == "gone"


def test_another_target_is_taken_in_and_its_task_is_found_anew() -> None:
    changed = CHOICES.turned("a").next_task().with_target("a")
    assert (changed.target, changed.task, changed.out) == ("a", "auto", frozenset())
    assert changed.role("y") == "feature"
    assert CHOICES.with_target("y") is CHOICES


def test_to_turn_columns_is_to_leave_them_out_and_all_of_them_in_again() -> None:
    some = CHOICES.turned("a")
    every = some.turned("id", "a", "d", "y")
    assert every.out == {"id", "a", "d"}, "the target is never left out"
    assert every.turned("id", "a", "d").out == frozenset()


def test_all_ways_come_round() -> None:
    assert CHOICES.next_task().next_task().next_task() == CHOICES
    assert [way.missing for way in _turns(CHOICES, Choices.next_missing)] == ["drop", "fill", "category", "refuse"]
    own = _turns(CHOICES, lambda choices: choices.next_missing_of("a"))
    assert [dict(way.by_column) for way in own] == [{"a": "drop"}, {"a": "fill"}, {"a": "category"}, {}]


def _turns(choices: Choices, turn: Callable[[Choices], Choices]) -> list[Choices]:
    return list(itertools.accumulate(range(4), lambda before, _i: turn(before), initial=choices))[1:]


# Surveys.


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("a,Target,z", "Target"),
        ("a,class,z", "class"),
        ("y,b,z", "y"),
        ("키,정답,몸무게", "정답"),
        ("a,b,z", "z"),
    ],
)
def test_a_likely_target(tmp_path: Path, header: str, target: str) -> None:
    path = write(tmp_path / "t.csv", f"{header}\n1,2,3\n2,1,4\n3,3,1\n")
    assert survey(Choices(str(path))).choices.target == target


def test_no_date_text_constant_or_row_number_is_a_likely_target(tmp_path: Path) -> None:
    rows = [f"{i % 3},{i % 7},2024-01-{i + 1:02},same,{i}" for i in range(20)]
    path = write(tmp_path / "t.csv", "\n".join(["a,b,when,fixed,number", *rows, ""]))
    assert survey(Choices(str(path))).choices.target == "b"


def test_counts_and_trouble(tmp_path: Path) -> None:
    rows = ["1,p,2024-01-01,", ",q,2024-01-02,3", "3,,2024-01-03,4", "4,q,2024-01-04,5"]
    path = write(tmp_path / "t.csv", "\n".join(["a,y,when,b", *rows, ""]))
    found = survey(Choices(str(path)))
    assert (found.rows, found.incomplete, found.without_target) == (4, 3, 1)
    assert found.trouble == ("a", "y", "when", "b")
    dates, gaps = found.problem_of("when"), found.problem_of("a")
    assert dates is not None
    assert dates.told().startswith("column 'when' holds dates or times, such as 2024-01-01 in line 2; leave it out")
    assert gaps is not None
    assert gaps.remedies == {"drop": "1 of 4 rows", "fill": "mean or most frequent value", "category": ""}
    assert found.problem_of("nothing") is None
    assert found.classes == (("q", 2), ("p", 1))
    assert found.first_rows["b"] == ("", "3.0", "4.0", "5.0")

    better = survey(found.choices.turned("when").next_missing().next_missing(), found)
    assert better.trouble == ()
    assert better.plan.problems == []
    assert better.table is found.table, "the file is read once"
    assert survey(found.choices.turned("b"), found).incomplete == 2


def test_another_way_to_read_reads_again(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "키;이름\n1;가\n2;나\n", "cp949")
    found = survey(Choices(str(path)))
    assert found.names == ["키", "이름"]
    told = survey(replace(found.choices, separator=","), found)
    assert told.names == ["키;이름"]


# The experiment.


def test_a_fair_beginning_is_a_valid_experiment(tmp_path: Path) -> None:
    path = write(tmp_path / "몸무게 2.csv.gz", "")
    section = {"name": "csv", "path": str(path), "target": "y"}
    one = config.resolve(experiment_on(section, "classification", 150))
    assert (one.name, one.loss["name"], one.standardise) == ("몸무게 2", "cross-entropy", ["features"])
    other = config.resolve(experiment_on(section, "regression", 100_000))
    assert (other.loss["name"], other.standardise) == ("mse", ["features", "target"])
    assert other.batch_size > one.batch_size


def test_another_target_changes_the_loss_only_where_it_must(tmp_path: Path) -> None:
    section = {"name": "csv", "path": str(tmp_path / "t.csv"), "target": "y"}
    draft = Draft(experiment_on(section, "classification", 150))
    draft.set("loss.name", "bce-logits")
    take_table(draft, section | {"leave_out": ["a"]}, "classification")
    assert draft.text("loss.name") == "bce-logits"
    assert draft.config is not None
    take_table(draft, section | {"target": "z", "task": "regression"}, "regression")
    assert draft.text("loss.name") == "mse"
    assert draft.config is not None, draft.problems


@pytest.mark.parametrize("names", [["a, b", "c"], [" a "], ["[x]"], ["가", "나"], ['"'], [""]])
def test_names_of_columns_survive_the_form_and_the_command_line(tmp_path: Path, names: list[str]) -> None:
    section = {"name": "csv", "path": str(tmp_path / "t.csv"), "target": "y", "leave_out": names}
    draft = Draft(experiment_on(section, "classification", 150))
    text = draft.text("dataset.leave_out")
    draft.set("dataset.leave_out", "other")
    draft.set("dataset.leave_out", text)
    assert draft.config is not None
    assert draft.config.dataset["leave_out"] == names
