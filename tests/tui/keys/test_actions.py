"""One table feeds bindings, footer, help and palette: whatever it names must be there."""

from __future__ import annotations

import inspect
import re

import on_screen
import pytest
from textual.dom import DOMNode

from tui.app import NntuiApp
from tui.dialogs.choose import Choose, Picks
from tui.dialogs.dialogs import Help, Note, Prompt, Question
from tui.dialogs.download import DownloadDialog
from tui.keys import common
from tui.keys.action import bindings
from tui.screens.experiment import keys as experiment_keys
from tui.screens.experiment.form import Choice
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.gradients import keys as gradients_keys
from tui.screens.gradients.check_screen import GradientCheckScreen
from tui.screens.gradients.screen import GradientScreen
from tui.screens.gradients.view import GradientView
from tui.screens.own_table import keys as actions
from tui.screens.own_table.column_list import ColumnList
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.find_line import FindLine
from tui.screens.own_table.path_line import PathLine
from tui.screens.own_table.screen import TableScreen
from tui.screens.run import keys as run_keys
from tui.screens.run.plots import Plots
from tui.screens.run.screen import TrainScreen
from tui.screens.run.view import RunView
from tui.screens.search import keys as search_keys
from tui.screens.search.curves import Curves
from tui.screens.search.heatmap import Heatmap
from tui.screens.search.screen import SearchScreen
from tui.screens.search.view import SearchView
from tui.screens.start import keys as start_keys
from tui.screens.start.experiments import Experiments
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen
from tui.widgets.row_table import TrialTable

NODES: list[type[DOMNode]] = [
    *(NntuiApp, StartScreen, Experiments, Runs, ExperimentScreen, TrainScreen, RunView),
    *(SearchScreen, SearchView, TrialTable, Heatmap, Curves, GradientScreen, GradientView),
    *(FilesScreen, PathLine, TableScreen, ColumnList, FindLine),
    *(DownloadDialog, Picks, Choose, Help, Note, Prompt, Question, Choice, GradientCheckScreen),
]
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
            inspect.signature(getattr(Plots, f"action_{given[0]}")).bind(None, *given[1:])


@pytest.mark.parametrize("node", [n for n in NODES if hasattr(n, "ACTIONS")], ids=lambda node: node.__name__)
def test_bindings_are_the_table(node: type[DOMNode]) -> None:
    assert bindings(node.ACTIONS) == node.BINDINGS  # type: ignore[attr-defined]


def test_no_key_means_two_things_on_one_screen() -> None:
    """Of those that can work at the same time."""
    for tables in (
        [common.APP, start_keys.START, start_keys.EXPERIMENTS],
        [common.APP, start_keys.START, start_keys.RUNS],
        [common.APP, run_keys.TRAIN, run_keys.PLOTS, run_keys.PANELS, run_keys.LOG],
        [common.APP, gradients_keys.GRADIENTS],
        [common.APP, search_keys.SEARCH, search_keys.TRIALS, common.TABLE],
        [common.APP, search_keys.SEARCH, search_keys.TRIALS, search_keys.HEATMAP],
        [common.APP, search_keys.SEARCH, search_keys.TRIALS, search_keys.CURVES],
        [common.APP, gradients_keys.GRADIENT_SCREEN, gradients_keys.GRADIENT_PANES],
        [common.APP, experiment_keys.EXPERIMENT],
        [common.APP, actions.FILES, actions.PATH_LINE],
        [common.APP, actions.OWN_TABLE, actions.COLUMNS],
    ):
        meant: dict[str, str] = {}
        for each in (each for table in tables for each in table if not each.action.endswith(("unpause", "(False)"))):
            for key in each.keys.split(","):
                assert meant.setdefault(key, each.action.removeprefix("app.")) == each.action.removeprefix("app.")


def test_every_action_says_what_it_does() -> None:
    tables = [value for value in vars(common).values() if isinstance(value, tuple) and value]
    for table in tables:
        for each in table:
            assert each.name
            assert each.help
            assert len(each.name) <= 16, "the footer has room for a word or two"


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40)])
async def test_the_footer_shows_whole_keys_that_work(app: NntuiApp, until, size) -> None:
    """What fits into the window; Help and Quit always do."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()

        def footer() -> str:
            return on_screen.lines(app.screen)[-1]

        await until(pilot, lambda: "Help" in footer())
        assert "Quit" in footer()
        shown = [b.binding for b in app.screen.active_bindings.values() if b.binding.show and b.enabled]
        whole = [f"{each.key_display or each.key} {each.description}" for each in shown]
        words = footer().split()
        kept = [text for text in whole if text in " ".join(words)]
        assert len(kept) >= min(len(whole), size[0] // 20)
        rest = " ".join(words)
        for text in sorted(kept, key=len, reverse=True):
            rest = rest.replace(text, "", 1)
        assert not rest.strip(), "half a key"


@pytest.mark.slow
async def test_a_command_of_the_palette_does_what_its_key_does(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Zoom in", "Search log", "Export CSV", "Help", "Quit", "Theme"} <= set(names)
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
