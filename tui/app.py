"""The app: which screen follows which, and how it is left. No training logic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import constants

from core.errors import UserError
from core.system.folders import data_root, models_root, user_path
from tui.dialogs.dialogs import Question
from tui.dialogs.queue import QueueDialog
from tui.from_a_table import FromATable
from tui.live.announcer import Announcer
from tui.live.pace import Pace
from tui.live.queue import Waiting, waits
from tui.live.trainer import Trainer
from tui.screens.start.screen import StartScreen
from tui.system import responsive, settings, window_title
from tui.system.signals import SignalReader
from tui.system.terminal import colours, mouse_wanted, why_no_screen

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from tui.screens.again import AgainScreen
    from tui.screens.compare.screen import CompareScreen
    from tui.screens.runs.screen import RunsScreen
    from tui.screens.search.screen import SearchScreen

SAVING = 30.0
"""Seconds that a run gets to save its checkpoint when the program is told to end."""


class NntuiApp(FromATable):
    """Start screen, experiment screen, train screen, and the one trainer behind them."""

    CSS_PATH = ["app.tcss", "screens/start/screen.tcss"]  # the default screen's own CSS_PATH would not be loaded

    def __init__(self, trainer: Trainer, pace: Pace | None = None) -> None:
        super().__init__(trainer)
        self.pace = pace or Pace()

    def on_ready(self) -> None:
        self._announcer = Announcer(self, self.trainer)
        self.set_interval(max(1.0, self.pace.paint), self._announcer.look)
        self.set_interval(0.25, self._begin_next)

    def _begin_next(self) -> None:
        if self.trainer.queue and not self.trainer.busy:
            self._announcer.look()  # how the one before has ended
            self._announcer.tell_next(self.trainer.begin_next())

    def get_default_screen(self) -> StartScreen:
        return StartScreen(self.trainer, self.pace)  # as the first screen, not on top of an empty one: it paints sooner

    # From one screen to another.

    def on_start_screen_train(self, message: StartScreen.Train) -> None:
        self._train(message.config)

    def _train(self, config: RunConfig | SearchConfig) -> None:
        if not self._begin(Waiting(config.name, config)):
            return
        self._show_trained()

    def _begin(self, wanted: Waiting) -> bool:
        """Whether it begins now; else it waits, which is told."""
        if self.trainer.queue.resumes(wanted.run_id):
            self.notify(f"{wanted.title} waits already", markup=False)
            return False
        if wanted.run_id and self.trainer.busy and self.trainer.run_id == wanted.run_id:
            self.notify(f"{wanted.title} is training: w shows it", markup=False)
            return False
        begins = self.trainer.begin(wanted)
        if not begins:
            self.notify(waits(wanted.title, self.trainer.queue), markup=False)
        return begins

    def _show_trained(self) -> None:
        from tui.screens.following import RunScreen

        while isinstance(self.screen, RunScreen):  # a trial that was changed: what it came from is among the runs
            self.pop_screen()
        self._show_run()

    def on_steered_screen_watch(self) -> None:
        self._show_trained()

    def on_start_screen_change(self, message: StartScreen.Change) -> None:
        self._change(message.tables)

    def on_again_screen_again(self, message: AgainScreen.Again) -> None:
        self._train(message.config)

    def on_again_screen_change(self, message: AgainScreen.Change) -> None:
        self._change(message.tables)

    def _change(self, tables: dict[str, Any]) -> None:
        from tui.screens.experiment.screen import ExperimentScreen

        if isinstance(self.screen, ExperimentScreen):
            return
        try:
            screen = ExperimentScreen(self.trainer, tables)
        except UserError as error:  # settings that this version does not know, or components that are not loaded
            self.notify(str(error), severity="error", markup=False)
        else:
            self.push_screen(screen, self._train_if)

    def _train_if(self, config: RunConfig | SearchConfig | None) -> None:
        if config is not None:
            self._train(config)

    def on_start_screen_resume(self, message: StartScreen.Resume) -> None:
        self._resume(message.run_id)

    def _resume(self, run_id: str) -> None:
        if self._begin(Waiting(run_id, run_id=run_id)):
            self._show_run()

    def on_start_screen_open(self, message: StartScreen.Open) -> None:
        self._open(message.run_id)

    def _open(self, run_id: str) -> None:
        self._show_run(None if self.trainer.run_id == run_id else run_id)

    def on_compare_screen_open(self, message: CompareScreen.Open) -> None:
        self._open(message.run_id)

    def on_start_screen_watch(self) -> None:
        self._show_run()

    def _show_run(self, run_id: str | None = None) -> None:
        """A past run, or with None the trainer's."""
        from core.runs.event_log import read_started
        from core.runs.folder import RunDir
        from tui.screens.following import RunScreen  # with NumPy: not before the first paint
        from tui.screens.run.screen import TrainScreen
        from tui.screens.search.screen import SearchScreen

        if isinstance(self.screen, RunScreen):  # a key that came before the screen it opens
            return
        search = self.trainer.searching
        if run_id is not None:
            started = read_started(RunDir(self.trainer.root / run_id))
            search = started is not None and bool(started.search)
        self.push_screen((SearchScreen if search else TrainScreen)(self.trainer, run_id, self.pace))

    # From the runs to one of them, or to several side by side.

    def on_start_screen_all_runs(self, message: StartScreen.AllRuns) -> None:
        from tui.screens.runs.screen import RunsScreen

        self.push_screen(RunsScreen(self.trainer, message.known))

    def on_runs_screen_open(self, message: RunsScreen.Open) -> None:
        self._open(message.run_id)

    def on_runs_screen_resume(self, message: RunsScreen.Resume) -> None:
        self._resume(message.run_id)

    def on_runs_screen_change(self, message: RunsScreen.Change) -> None:
        self._change(message.tables)

    def on_runs_screen_compare(self, message: RunsScreen.Compare) -> None:
        from tui.screens.compare.screen import CompareScreen

        self.push_screen(CompareScreen(self.trainer.root, message.run_ids, self.pace))

    def on_search_screen_open_trial(self, message: SearchScreen.OpenTrial) -> None:
        from tui.screens.run.screen import TrainScreen

        if not isinstance(self.screen, TrainScreen):
            self.push_screen(TrainScreen(self.trainer, str(message.run_dir.path.resolve()), self.pace))

    # What waits.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "queue" and not self.trainer.queue:
            return False
        return super().check_action(action, parameters)

    def action_queue(self) -> None:
        self.push_screen(QueueDialog(self.trainer.queue, lambda: self.training))

    # Leaving.

    @property
    def training(self) -> str:
        return self.trainer.title if self.trainer.busy else ""

    async def action_copy_or_quit(self) -> None:
        if self.screen.get_selected_text():
            self.screen.action_copy_text()
        else:
            await self.action_quit()

    async def action_leave(self) -> None:
        await self.action_quit()

    async def action_quit(self) -> None:
        """At once, or when the checkpoint of the run that is training is saved."""
        if not self.trainer.busy and not self.trainer.queue and not self._unsaved:
            self.exit(0)
        elif not (isinstance(self.screen, Question) and self.screen.leaving):
            self.push_screen(Question(self._why_not_quit, leaving=True), self._quit_if)

    @property
    def _unsaved(self) -> str:
        """What would be lost with the screens."""
        return next((found for screen in self.screen_stack if (found := getattr(screen, "unsaved", ""))), "")

    def _why_not_quit(self) -> str:
        if self.trainer.busy:
            why = f"{self.trainer.title} is training.\nStop it with a checkpoint and quit?"
        else:
            why = f"{self.trainer.title} has ended.\nQuit?" if self.trainer.title else "Quit?"
        n = len(self.trainer.queue)
        lost = (
            f"{self.trainer.queue} for {'its turn and is' if n == 1 else 'their turn and are'} not begun." if n else ""
        )
        return "\n".join(each for each in (why, lost, self._unsaved) if each)

    def _quit_if(self, yes: bool | None) -> None:
        if not yes:
            return
        self.trainer.queue.clear()
        self.trainer.stop()
        self.notify("Saving a checkpoint …")
        self.set_interval(0.05, self._exit_when_stopped)

    def _exit_when_stopped(self) -> None:
        if not self.trainer.busy:
            self.exit(0)


def open_screens(
    models_dir: str | None = None,
    data_dir: str | None = None,
    *,
    low_bandwidth: bool = False,
    mouse: bool | None = None,
) -> int:
    """Run the app and return the exit code. `mouse`: whether it is reported; None: as the settings or the terminal have
    it. Raises UserError where there is no terminal for it."""
    reason = why_no_screen()
    if reason:
        raise UserError(f"the screens need a terminal, but {reason}; train without them: nntui run iris-net")
    if data_dir is None:
        data_root()  # a folder that cannot be one is told here, in one line
    responsive.before_screens()
    window_title.keep()
    trainer = Trainer(models_root(models_dir), str(user_path(data_dir)) if data_dir else None)
    if constants.COLOR_SYSTEM == "auto":
        constants.COLOR_SYSTEM = colours()  # type: ignore[misc]  # Textual reads it when an app is made
    app = NntuiApp(trainer, Pace.low_bandwidth() if low_bandwidth else None)

    def leave(code: int) -> None:
        loop = app._loop
        if loop is not None:
            loop.call_soon_threadsafe(app.exit, code)

    with SignalReader(stop=lambda reason: trainer.stop_and_wait(reason, SAVING), leave=leave):
        try:
            code = app.run(mouse=mouse_wanted(mouse, settings.read_mouse()))
        finally:  # also of a crash: what is training gets its checkpoint
            trainer.stop_and_wait("the screens closed", SAVING)
            responsive.leaving()
            window_title.give_back()
    return code or app.return_code or 0
