"""QueueDialog: what waits for its turn: in another order, one of them out of it, all of them."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.dialogs.choose import line_of
from tui.dialogs.dialogs import Question
from tui.keys import common
from tui.keys.action import bindings
from tui.live.queue import Queue
from tui.widgets.footer import Keys
from tui.widgets.options import Options


class WaitingList(Options):
    """The first one is the next."""

    ACTIONS = common.MOVES
    BINDINGS = bindings(common.MOVES)


class QueueDialog(ModalScreen[None]):
    """Looks again and again: the first one may have its turn meanwhile."""

    CSS_PATH = "dialogs.tcss"
    ACTIONS = common.QUEUE
    BINDINGS = bindings(common.QUEUE)

    def __init__(self, queue: Queue, now: Callable[[], str]) -> None:
        """`now`: what trains."""
        super().__init__()
        self._queue, self._now = queue, now
        self._shown: object = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog list"):
            yield Static(id="queue", markup=False)
            yield WaitingList(markup=False)
        yield Keys()

    def on_mount(self) -> None:
        self._show()
        self.query_one(WaitingList).focus()
        self.set_interval(0.25, self._show)

    def _show(self, at: int | None = None) -> None:
        waiting = tuple(self._queue)
        if (waiting, self._now()) == self._shown:
            return
        self._shown = waiting, self._now()
        now = f"{self._now()} trains. " if self._now() else ""
        then = "After it, one after the other, each as soon as the one before has ended:"
        self.query_one("#queue", Static).update(f"{now}{then if waiting else 'Nothing waits.'}")
        entries = self.query_one(WaitingList)
        before = entries.highlighted or 0
        width = max((len(each.title) for each in waiting), default=0)
        entries.clear_options()
        entries.add_options([line_of(each.title, each.about, "", width=width) for each in waiting])
        entries.highlighted = min(before if at is None else at, len(waiting) - 1) if waiting else None
        self.refresh_bindings()

    @property
    def _at(self) -> int:
        at = self.query_one(WaitingList).highlighted
        return -1 if at is None else at

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._queue) or action not in ("move_by", "drop", "empty")

    def action_move_by(self, by: int) -> None:
        self._show(self._queue.move(self._at, by))

    def action_drop(self) -> None:
        self._queue.remove(self._at)
        self._show()

    def action_empty(self) -> None:
        """After a question, where that are several."""

        def empty(yes: bool | None) -> None:
            if yes:
                self._queue.clear()
                self._show()

        if len(self._queue) > 1:
            self.app.push_screen(Question(f"Take all {len(self._queue)} out of the queue?"), empty)
        else:
            empty(True)
