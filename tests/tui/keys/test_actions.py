"""One table feeds bindings, footer, help and palette: whatever it names must be there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import on_screen
import pytest
from textual.dom import DOMNode

import core
from tui.app import NntuiApp
from tui.cli.keys import markdown, tables
from tui.dialogs.choose import Choose, Picks
from tui.dialogs.dialogs import Field, Help, Note, Page, Prompt, Question
from tui.dialogs.download import DownloadDialog
from tui.dialogs.queue import QueueDialog, WaitingList
from tui.keys.action import ALWAYS, bindings
from tui.screens.compare.panes import OverlayChart, RunsTable, SettingsTable
from tui.screens.compare.screen import CompareScreen
from tui.screens.compare.view import CompareView
from tui.screens.experiment.form import Choice
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.gradients.check_screen import GradientCheckScreen
from tui.screens.gradients.screen import GradientScreen
from tui.screens.gradients.view import GradientView
from tui.screens.own_table.column_list import ColumnList
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.path_line import PathLine
from tui.screens.own_table.screen import TableScreen
from tui.screens.run.numbers import Numbers
from tui.screens.run.plots import Plots
from tui.screens.run.screen import TrainScreen
from tui.screens.run.view import RunView
from tui.screens.runs.filter_line import Line
from tui.screens.runs.label import LabelDialog
from tui.screens.runs.screen import RunsScreen
from tui.screens.runs.table import RunTable
from tui.screens.search.curves import Curves
from tui.screens.search.heatmap import Heatmap
from tui.screens.search.screen import SearchScreen
from tui.screens.search.view import SearchView
from tui.screens.start.about import About
from tui.screens.start.experiments import Experiments
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen
from tui.widgets.find_line import FindLine
from tui.widgets.footer import Entry, that_fit
from tui.widgets.row_table import TrialTable
from tui.widgets.run_log import RunLog

NODES: list[type[DOMNode]] = [
    *(NntuiApp, StartScreen, Experiments, Runs, ExperimentScreen, TrainScreen, RunView),
    *(SearchScreen, SearchView, TrialTable, Heatmap, Curves, GradientScreen, GradientView),
    *(FilesScreen, PathLine, TableScreen, ColumnList, FindLine),
    *(DownloadDialog, Picks, Choose, Help, Note, Prompt, Field, Page, Question, Choice, GradientCheckScreen, RunLog),
    *(Numbers, QueueDialog, WaitingList, RunsScreen, RunTable, Line, LabelDialog),
    *(CompareScreen, CompareView, OverlayChart, RunsTable, SettingsTable),
]
LISTS = (
    *(About, Experiments, Runs, TrialTable, ColumnList, Picks, Page, RunLog, Numbers, WaitingList),
    *(Heatmap, Curves, GradientView, OverlayChart, RunsTable, SettingsTable),
)
WHERE = {"app": NntuiApp, "screen": StartScreen}


def bound(node: type[DOMNode]) -> list[tuple[str, str]]:
    """(key, action) of each binding of its own."""
    table = getattr(node, "ACTIONS", ())
    own = [(each.keys, each.action) for each in table]
    for binding in node.__dict__.get("BINDINGS", ()):
        own.append((binding.key, binding.action))
    return own


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.__name__)
def test_every_key_has_an_action(node: type[DOMNode]) -> None:
    assert bound(node)
    for key, action in bound(node):
        found = re.fullmatch(r"(?:(\w+)\.)?(\w+)(?:\((.*)\))?", action)
        assert found, (key, action)
        owner = WHERE[found[1]] if found[1] else node
        method = getattr(owner, f"action_{found[2]}", None)
        assert method is not None, f"{node.__name__}: {key} does {action}, which is nowhere"
        given = [] if not found[3] else [eval(part) for part in found[3].split(",")]
        inspect.signature(method).bind(None, *given)  # as many arguments as it takes
        if found[2] == "plots":  # what it asks of them
            asked = node if node is CompareView else Plots
            prefix = "action_plot_" if node is CompareView else "action_"
            inspect.signature(getattr(asked, f"{prefix}{given[0]}")).bind(None, *given[1:])


@pytest.mark.parametrize("node", [n for n in NODES if hasattr(n, "ACTIONS")], ids=lambda node: node.__name__)
def test_bindings_are_the_table(node: type[DOMNode]) -> None:
    assert bindings(node.ACTIONS) == node.BINDINGS  # type: ignore[attr-defined]


def test_no_key_has_two_meanings() -> None:
    """On whichever screens. Where letters are typed, Tab, ⌫, y and n are those of a line of text."""
    meant: dict[tuple[str, bool], dict[str, set[str]]] = {}
    for where, table in tables().items():
        for each in table:
            for key in each.keys.split(","):
                meant.setdefault((key, each.typing), {}).setdefault(each.meaning, set()).add(where)
    assert {key: means for key, means in meant.items() if len(means) > 1} == {}


def test_no_key_is_in_a_screen_and_not_in_the_table() -> None:
    listed = [each for table in tables().values() for each in table]
    for node in NODES:
        for each in getattr(node, "ACTIONS", ()):
            assert each in listed, f"{node.__name__}: {each.keys} is missing in tui.cli.keys.tables"


@pytest.mark.parametrize("node", LISTS, ids=lambda node: node.__name__)
def test_every_list_has_the_same_keys(node: type[DOMNode]) -> None:
    keys = {key for each in node.ACTIONS for key in each.keys.split(",")}  # type: ignore[attr-defined]
    assert {"j", "k", "up", "down", "g", "G", "home", "end", "pageup", "pagedown"} <= keys


def test_a_changed_key_is_said_of_a_key_that_does_it_no_longer() -> None:
    for where, table in tables().items():
        for each in table:
            for before in each.was.split(",") if each.was else ():
                now = {key for other in table if other.meaning == each.meaning for key in other.keys.split(",")}
                assert before not in now, (where, each.name)


def test_the_page_of_keys_is_the_table() -> None:
    """Else: nntui keys --markdown > docs/keys.md"""
    page = Path(core.__file__).parent.parent / "docs" / "keys.md"
    assert page.read_text(encoding="utf-8") == markdown()


def test_every_action_says_what_it_does() -> None:
    for table in tables().values():
        for each in table:
            assert each.name
            assert each.help
            assert len(each.name) <= 16, "the footer has room for a word or two"


ENTRIES = [
    Entry(key, key, name, rank)
    for key, name, rank in [("a", "Alpha", 1), ("b", "Beta", 2), ("c", "Gamma", 1), ("?", "Help", ALWAYS)]
]


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (40, ["Alpha", "Beta", "Gamma", "Help"]),
        (34, ["Alpha", "Beta", "Gamma", "Help"]),
        (33, ["Alpha", "Beta", "Help"]),
        (24, ["Beta", "Help"]),
        (15, ["Help"]),
        (3, []),
    ],
)
def test_the_footer_leaves_out_whole_entries_by_rank(width: int, names: list[str]) -> None:
    assert [entry.name for entry in that_fit(ENTRIES, width)] == names


@pytest.mark.slow
async def test_a_command_of_the_palette_does_what_its_key_does(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert len(names) == len(set(names)), "a command is there twice"
        assert {"Zoom in", "Search log", "Export CSV", "Help", "Quit", "Theme", "Screenshot"} <= set(names)
        assert "Pause" not in names, "the run has ended"
        await pilot.press("ctrl+p")
        await until(pilot, lambda: type(app.screen).__name__ == "CommandPalette")
        for letter in "zoom in":
            await pilot.press("space" if letter == " " else letter)
        await until(pilot, lambda: "steps" in on_screen.text(app.screen))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        view = app.screen.query_one(RunView)
        await until(pilot, lambda: view.plots.view.width is not None)
