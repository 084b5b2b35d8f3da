"""The app: which screen follows which, and how it is left. No training logic."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter

from core.errors import UserError
from core.folders import data_root, models_root, user_path
from tui.screens.dialogs import Help, Question
from tui.screens.start import StartScreen
from tui.signals import SignalReader
from tui.terminal import ControlFilter, why_no_screen
from tui.trainer import Trainer

SWITCH_INTERVAL = 0.0005
"""Seconds that painting may keep the interpreter from training at a time; Python's own 5 ms are many steps."""
SAVING = 30.0
"""Seconds that a run gets to save its checkpoint when the program is told to end."""


class NntuiApp(App[int]):
    """Start screen, train screen, and the one trainer behind them."""

    TITLE = "nntui"
    CSS_PATH = "screens/start.tcss"  # the default screen's own CSS_PATH would not be loaded
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

    def get_default_screen(self) -> StartScreen:
        return StartScreen(self.trainer)  # as the first screen, not on top of an empty one: it paints sooner

    def on_start_screen_train(self, message: StartScreen.Train) -> None:
        if self._free():
            self.trainer.train(message.config)
            self._show_run()

    def on_start_screen_resume(self, message: StartScreen.Resume) -> None:
        if self._free():
            self.trainer.resume(message.run_id)
            self._show_run()

    def on_start_screen_open(self, message: StartScreen.Open) -> None:
        live = self.trainer.run_dir is not None and self.trainer.run_dir.run_id == message.run_id
        self._show_run(None if live else message.run_id)

    def on_start_screen_watch(self) -> None:
        self._show_run()

    def _show_run(self, run_id: str | None = None) -> None:
        """A past run, or with None the trainer's."""
        from tui.screens.train import TrainScreen  # with NumPy and plotext: not before the first paint

        if isinstance(self.screen, TrainScreen):  # a key that came before the screen it opens
            return
        self.push_screen(TrainScreen(self.trainer, run_id))

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
        if not self.trainer.busy:
            self.exit(0)


def open_screens(models_dir: str | None = None, data_dir: str | None = None) -> int:
    """Run the app and return the exit code. Raises UserError where there is no terminal for it."""
    reason = why_no_screen()
    if reason:
        raise UserError(f"the screens need a terminal, but {reason}; train without them: nntui run iris-net")
    if data_dir is None:
        data_root()  # a folder that cannot be one is told here, in one line
    sys.setswitchinterval(SWITCH_INTERVAL)
    trainer = Trainer(models_root(models_dir), str(user_path(data_dir)) if data_dir else None)
    app = NntuiApp(trainer)

    def leave(code: int) -> None:
        loop = app._loop
        if loop is not None:
            loop.call_soon_threadsafe(app.exit, code)

    with SignalReader(stop=lambda reason: trainer.stop_and_wait(reason, SAVING), leave=leave):
        try:
            code = app.run()
        finally:  # also of a crash: what is training gets its checkpoint
            trainer.stop_and_wait("the screens closed", SAVING)
    return code or app.return_code or 0
