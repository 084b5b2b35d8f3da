"""One table feeds bindings, footer, help and palette: whatever it names must be there."""

from __future__ import annotations

import inspect
import re

import pytest
from textual.dom import DOMNode

from tui import actions
from tui.app import NntuiApp
from tui.screens.choose import Choose, Picks
from tui.screens.dialogs import Help, Note, Prompt, Question
from tui.screens.experiment import ExperimentScreen
from tui.screens.files import FilesScreen
from tui.screens.gradient_check import GradientCheckScreen
from tui.screens.gradient_view import GradientView
from tui.screens.gradients import GradientScreen
from tui.screens.run_view import RunView
from tui.screens.search import SearchScreen
from tui.screens.search_view import Curves, SearchView
from tui.screens.start import Experiments, Runs, StartScreen
from tui.screens.table import TableScreen
from tui.screens.train import TrainScreen
from tui.widgets.column_list import ColumnList
from tui.widgets.find_line import FindLine
from tui.widgets.form import Choice
from tui.widgets.heatmap import Heatmap
from tui.widgets.path_line import PathLine
from tui.widgets.trial_table import TrialTable

NODES: list[type[DOMNode]] = [
    *(NntuiApp, StartScreen, Experiments, Runs, ExperimentScreen, TrainScreen, RunView),
    *(SearchScreen, SearchView, TrialTable, Heatmap, Curves, GradientScreen, GradientView),
    *(FilesScreen, PathLine, TableScreen, ColumnList, FindLine),
    *(Picks, Choose, Help, Note, Prompt, Question, Choice, GradientCheckScreen),
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


@pytest.mark.parametrize("node", [n for n in NODES if hasattr(n, "ACTIONS")], ids=lambda node: node.__name__)
def test_bindings_are_the_table(node: type[DOMNode]) -> None:
    assert actions.bindings(node.ACTIONS) == node.BINDINGS  # type: ignore[attr-defined]


def test_no_key_means_two_things_on_one_screen() -> None:
    """Of those that can work at the same time."""
    for tables in (
        [actions.APP, actions.START, actions.EXPERIMENTS],
        [actions.APP, actions.START, actions.RUNS],
        [actions.APP, actions.TRAIN, actions.PLOTS, actions.PANELS, actions.LOG],
        [actions.APP, actions.GRADIENTS],
        [actions.APP, actions.SEARCH, actions.TRIALS, actions.TABLE],
        [actions.APP, actions.SEARCH, actions.TRIALS, actions.HEATMAP],
        [actions.APP, actions.SEARCH, actions.TRIALS, actions.CURVES],
        [actions.APP, actions.GRADIENT_SCREEN, actions.GRADIENT_PANES],
        [actions.APP, actions.EXPERIMENT],
        [actions.APP, actions.FILES, actions.PATH_LINE],
        [actions.APP, actions.OWN_TABLE, actions.COLUMNS],
    ):
        meant: dict[str, str] = {}
        for each in (each for table in tables for each in table if not each.action.endswith(("unpause", "(False)"))):
            for key in each.keys.split(","):
                assert meant.setdefault(key, each.action.removeprefix("app.")) == each.action.removeprefix("app.")


def test_every_action_says_what_it_does() -> None:
    tables = [value for value in vars(actions).values() if isinstance(value, tuple) and value]
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
            return "".join(segment.text for segment in app.screen._compositor.render_strips()[-1])

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
        await until(
            pilot, lambda: "steps" in "".join(s.text for r in app.screen._compositor.render_strips() for s in r)
        )
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        view = app.screen.query_one(RunView)
        await until(pilot, lambda: view._view.width is not None)
