"""RunView: everything there is to see of one run, drawn from its Story: plots, what the doctor says, log, numbers."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.runs.folder import RunDir
from tui.dialogs.dialogs import Note, Prompt
from tui.keys.action import bindings
from tui.live.story import Story
from tui.screens.run import keys
from tui.screens.run.doctor_line import DoctorLine
from tui.screens.run.numbers import Numbers
from tui.screens.run.plots import Plots
from tui.widgets.run_log import RunLog

LEAST_BELOW = 5
"""Rows of log and numbers."""
PLOTS = 11
"""Rows that they leave to the plots, where they can."""


class RunView(Vertical):
    """`show` it a story as often as you like: parts are painted in turns, and only where something has changed."""

    ACTIONS = keys.PLOTS + keys.PANELS + keys.LOG
    BINDINGS = bindings(ACTIONS)
    DEFAULT_CSS = """
    RunView { height: 1fr; }
    RunView #below { height: 8; }
    RunView RunLog { width: 1fr; height: 1fr; }
    RunView Numbers { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._story = Story()
        self._turn = 0
        self._numbers_of: object = None
        self.plots = Plots(id="plots")
        self._doctor = DoctorLine(id="doctor")
        self._log, self._numbers = RunLog(), Numbers()

    def compose(self) -> ComposeResult:
        yield self.plots
        yield self._doctor
        with Horizontal(id="below"):
            yield self._log
            yield self._numbers

    # Showing.

    def begin(self, story: Story, run_dir: RunDir | None) -> None:
        """Show another story from its beginning."""
        self._story, self._numbers_of = story, None
        self.plots.begin(story, run_dir)
        self._doctor.begin()
        self._log.show([], afresh=True)

    def say(self, lines: Sequence[str]) -> None:
        """Add lines of our own to the log."""
        self._log.show(lines)

    def show_next(self) -> None:
        """Paint the next part that has its turn."""
        self._show_next(at_once=False)

    def show_all(self) -> None:
        for _turn in range(2):
            self._show_next(at_once=True)

    def _show_next(self, *, at_once: bool) -> None:
        self._turn = (self._turn + 1) % 2
        if not self._turn:
            self.plots.show_loss()
            self._show_numbers()
        else:
            self.plots.show_metric()
            self.plots.show_figure()
            self._show_log()
            self._doctor.show(self._story.history, at_once=at_once)

    def _show_numbers(self) -> None:
        before, self._numbers_of = self._numbers_of, self._story.history.seq
        if self._numbers_of != before:
            self._numbers.show(self._story.history)
            self._lay_out()

    def on_resize(self) -> None:
        self._numbers_of = None
        self._show_numbers()

    def _lay_out(self) -> None:
        """Log and numbers get the rows that the numbers need: the others are for what is looked at."""
        most = max(LEAST_BELOW, self.size.height - PLOTS)
        wanted = min(max(LEAST_BELOW, self._numbers.rows + 2), most)
        below = self.query_one("#below")
        if below.styles.height is None or below.styles.height.value != wanted:
            below.styles.height = wanted

    def _show_log(self) -> None:
        if self._story.lines:
            self._log.show(self._story.lines)
            self._story.lines = []

    @property
    def beside_numbers(self) -> int:
        """Columns to their left."""
        return self.size.width - self._numbers.outer_size.width

    @property
    def has_findings(self) -> bool:
        """Whether the doctor has found something."""
        return bool(self._doctor.findings)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match (action, *parameters):
            case ("plots", "next_figure"):
                return self.plots.has_other_view
            case ("clear",):
                return self._log.searching or self.plots.view.cursor is not None
            case ("found", _direction):
                return self._log.searching
        return True

    async def action_plots(self, action: str, *parameters: object) -> None:
        """What the keys of the plots do."""
        had_cursor = self.plots.view.cursor is not None
        await self.app.run_action(("", action, parameters), self.plots)
        if had_cursor != (self.plots.view.cursor is not None):
            self.refresh_bindings()

    def action_doctor(self) -> None:
        self.app.push_screen(Note("What the doctor found", self._doctor.report))

    def action_search(self) -> None:
        def look(text: str | None) -> None:
            if text:
                self._log.find(text)
                self.refresh_bindings()

        self.app.push_screen(Prompt("Find in the log", "", lambda _text: ""), look)

    def action_found(self, direction: int) -> None:
        self._log.find_next(direction)

    def action_clear(self) -> None:
        """One thing at a time."""
        if self._log.searching:
            self._log.find("")
        else:
            self.plots.action_no_cursor()
        self.refresh_bindings()

    def action_copy_log(self) -> None:
        text = self._log.text
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + 1 if text else 0
        self.notify(f"{lines:,} lines copied, where the terminal allows it", markup=False)
