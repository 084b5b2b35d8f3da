"""What waits for its turn: the queue by itself, and in the app, where one after the other begins."""

from __future__ import annotations

from typing import Any

import on_screen
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiment import resolve
from core.runs import summary
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.dialogs.dialogs import Question
from tui.dialogs.queue import QueueDialog
from tui.live.queue import Queue, Waiting
from tui.screens.run.screen import TrainScreen
from tui.screens.start.screen import StartScreen

Operation = tuple[str, int, int]


@given(st.lists(st.tuples(st.sampled_from(["add", "take", "move", "remove"]), st.integers(-2, 8), st.integers(-9, 9))))
def test_it_is_a_list(operations: list[Operation]) -> None:
    queue, model = Queue(), list[str]()
    for number, (what, at, by) in enumerate(operations):
        there = 0 <= at < len(model)
        match what:
            case "add":
                queue.add(Waiting(str(number)))
                model.append(str(number))
            case "take":
                taken = queue.take()
                assert (taken.title if taken else None) == (model.pop(0) if model else None)
            case "move":
                to = queue.move(at, by)
                if there:
                    moved = model.pop(at)
                    model.insert(max(0, at + by), moved)
                    assert model[to] == moved
            case _:
                removed = queue.remove(at)
                assert (removed.title if removed else None) == (model.pop(at) if there else None)
        assert [each.title for each in queue] == model
        assert len(queue) == len(model)
        assert str(queue) == (f"{len(model)} wait{'s' * (len(model) == 1)}" if model else "")


def config(name: str, epochs: int = 1, **settings: str) -> Any:
    pairs = [("epochs", str(epochs)), ("name", name), ("device", "cpu")]
    return resolve.load("iris-net", [*pairs, *[(key.replace("__", "."), value) for key, value in settings.items()]])


def names(app: NntuiApp) -> list[str]:
    return [each.title for each in app.trainer.queue]


def said(app: NntuiApp, words: str) -> bool:
    return any(note.startswith(words) for note in on_screen.notes(app))


def ended(app: NntuiApp) -> dict[str, str]:
    return {found.name: found.status for found in map(summary.read, all_runs(app.trainer.root))}


async def test_one_after_the_other_and_a_failed_one_does_not_stop_the_rest(app: NntuiApp, until: Any) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        app._train(config("long", 100_000))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and on_screen.history(app).step > 5)
        screen = app.screen
        app._train(config("bad", 3, optimizer__name="sgd", optimizer__lr="1e30"))
        await until(pilot, lambda: said(app, "bad waits: 1 before it"))
        app._train(config("refused", 1).model_copy(update={"initial_weights": "/nowhere.pt"}))
        app._train(config("good", 2))
        await until(pilot, lambda: said(app, "good waits: 3 before it"))
        assert app.screen is screen
        await until(pilot, lambda: "3 wait" in on_screen.screen_text(app))

        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "bad begins then" in on_screen.screen_text(app)
        await pilot.press("escape")
        await pilot.pause(0.3)
        assert app.trainer.title == "long"
        await pilot.press("s", "enter")
        await until(pilot, lambda: app.trainer.title == "good" and app.trainer.phase == "ended")
        assert ended(app) == {"long": "stopped", "bad": "failed", "good": "completed"}

        assert app.screen is screen, "what one looks at stays"
        await until(pilot, lambda: on_screen.history(app).state == "stopped")
        assert "long" in screen.history.run.config["name"]  # type: ignore[union-attr]
        assert "Resume" in on_screen.shown_keys(app)


@pytest.mark.slow
async def test_what_is_refused_is_told_though_the_next_one_begins(app: NntuiApp, until: Any) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        app._train(config("refused", 1).model_copy(update={"initial_weights": "/nowhere.pt"}))
        app.trainer.queue.add(Waiting("long", config("long", 100_000)))  # it may have been refused by now
        await until(pilot, lambda: app.trainer.phase == "running")
        words = ("cannot read the weights /nowhere.pt", "long begins")
        await until(pilot, lambda: any(all(each in note for each in words) for note in on_screen.notes(app)))
        await until(pilot, lambda: "/nowhere.pt" in on_screen.screen_text(app))
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and on_screen.history(app).step > 5)


@pytest.mark.slow
async def test_order_removing_emptying(app: NntuiApp, until: Any) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("Q")
        assert isinstance(app.screen, StartScreen), "nothing waits"
        app._train(config("long", 100_000))
        for name in "abcd":
            app._train(config(name))
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(app.screen, QueueDialog) and "a new run" in on_screen.screen_text(app))
        assert "long trains." in on_screen.screen_text(app)
        await pilot.press("down", "K", "K", "down", "down", "delete")
        assert names(app) == ["b", "a", "d"]
        await pilot.press("up", "J", "J")
        assert names(app) == ["b", "d", "a"]
        await pilot.press("ctrl+x")
        await until(pilot, lambda: isinstance(app.screen, Question) and "all 3" in on_screen.screen_text(app))
        await pilot.press("escape", "home", "delete", "delete", "ctrl+x")
        await until(pilot, lambda: "Nothing waits." in on_screen.screen_text(app))
        assert names(app) == []
        await pilot.press("escape")
        assert app.trainer.busy


@pytest.mark.slow
async def test_an_ended_run_waits_to_go_on_once(app: NntuiApp, until: Any) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        app._train(config("first", 2))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and on_screen.history(app).state == "completed")
        first = app.screen
        assert isinstance(first, TrainScreen)
        run_id = app.trainer.run_id
        app.trainer.train(config("long", 100_000))
        await until(pilot, lambda: app.trainer.phase == "running" and first.state == "completed")
        first._resume(("epochs", "4"))
        await until(pilot, lambda: said(app, f"{run_id} waits: 1 before it"))
        first._resume(("epochs", "5"))
        await until(pilot, lambda: said(app, f"{run_id} waits already"))
        app.trainer.stop()
        await until(pilot, lambda: ended(app).get("first") == "completed" and app.trainer.title == run_id)
        await until(pilot, lambda: app.trainer.phase == "ended")
        assert [each.epochs for each in map(summary.read, all_runs(app.trainer.root)) if each.name == "first"] == [4]


@pytest.mark.slow
@pytest.mark.parametrize("leave", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_quitting_says_what_is_lost(app: NntuiApp, until: Any, leave: bool) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        app._train(config("long", 100_000))
        app._train(config("a"))
        app._train(config("b"))
        await until(pilot, lambda: app.trainer.phase == "running")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "2 wait for their turn and are not begun." in on_screen.screen_text(app)
        await pilot.press("enter" if leave else "escape")
        if leave:
            await until(pilot, lambda: app.return_value == 0)
            assert ended(app) == {"long": "stopped"}
        else:
            await pilot.pause(0.3)
            assert names(app) == ["a", "b"]
