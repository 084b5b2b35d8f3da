"""The app: which screen follows which, and how it is left. No training logic."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter

from core.run_dir import models_root
from tui.screens.dialogs import Help, Question
from tui.screens.start import StartScreen
from tui.screens.train import TrainScreen
from tui.signals import SignalReader
from tui.terminal import ControlFilter
from tui.trainer import Trainer

SAVING = 30.0
"""Seconds that a run gets to save its checkpoint when the program is told to end."""


class NntuiApp(App[int]):
    """Start screen, train screen, and the one trainer behind them."""

    TITLE = "nntui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c,ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        self.trainer = trainer

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), ControlFilter()]

    def on_mount(self) -> None:
        self.push_screen(StartScreen(self.trainer))

    def on_start_screen_train(self, message: StartScreen.Train) -> None:
        if self._free():
            self.trainer.train(message.config)
            self.push_screen(TrainScreen(self.trainer))

    def on_start_screen_resume(self, message: StartScreen.Resume) -> None:
        if self._free():
            self.trainer.resume(message.run_dir)
            self.push_screen(TrainScreen(self.trainer))

    def on_start_screen_open(self, message: StartScreen.Open) -> None:
        live = self.trainer.run_dir is not None and self.trainer.run_dir.run_id == message.run_dir.run_id
        self.push_screen(TrainScreen(self.trainer, None if live else message.run_dir))

    def on_start_screen_watch(self) -> None:
        self.push_screen(TrainScreen(self.trainer))

    def _free(self) -> bool:
        if self.trainer.busy:
            self.notify(f"{self.trainer.title} is training: w shows it", severity="warning", markup=False)
        return not self.trainer.busy

    def action_help(self) -> None:
        keys: dict[str, str] = {}
        ours = {b.action for b in (*self.BINDINGS, *type(self.screen).BINDINGS) if isinstance(b, Binding)}
        for _node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            if enabled and (binding.show or binding.action in ours):
                keys.setdefault(binding.description, self.get_key_display(binding))
        self.push_screen(Help([(key, description) for description, key in keys.items()]))

    async def action_quit(self) -> None:
        """At once, or when the checkpoint of the run that is training is saved."""
        if not self.trainer.busy:
            self.exit(0)
        elif not isinstance(self.screen, Question):
            self.push_screen(
                Question(f"{self.trainer.title} is training.\nStop it with a checkpoint and quit?"), self._quit_if
            )

    def _quit_if(self, yes: bool | None) -> None:
        if not yes:
            return
        self.trainer.stop()
        self.notify("Saving a checkpoint …")
        self.set_interval(0.05, self._exit_when_stopped)

    def _exit_when_stopped(self) -> None:
        if self.trainer.phase != "running":
            self.exit(0)


def open_screens(models_dir: str | None, data_dir: str | None) -> int:
    """Run the app and return the exit code."""
    trainer = Trainer(models_root(models_dir), data_dir)
    app = NntuiApp(trainer)

    def leave(code: int) -> None:
        loop = app._loop
        if loop is not None:
            loop.call_soon_threadsafe(app.exit, code)

    with SignalReader(stop=lambda reason: trainer.stop_and_wait(reason, SAVING), leave=leave):
        code = app.run()
    return code or app.return_code or 0
