"""The compare screen: follows the runs that go on, says what one should know of them, and what can be done."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from core.comparison import table
from core.comparison.comparison import Comparison
from core.runs.folder import RunDir
from core.system.folders import models_root
from core.system.text import clean
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Note, Prompt
from tui.dialogs.target import why_no_file
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.live.pace import Pace
from tui.screens.compare import keys
from tui.screens.compare.sources import Sources
from tui.screens.compare.view import CompareView
from tui.widgets.footer import Keys
from tui.widgets.too_small import TooSmall
from tui.widgets.wrapping import say, wrapped
from tui.words.comparison import score_text, seeds_text
from tui.words.metrics import metric_words

EVERY = 1.0
"""Seconds between two looks at the logs."""
MOST_LINES = 4
"""Of words above the curves."""


class CompareScreen(Screen[None]):
    """Runs of a models folder, live and past, of this and other processes."""

    ACTIONS = keys.COMPARE
    BINDINGS = bindings(keys.COMPARE)
    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL

    @dataclass
    class Open(Message):
        """Show this run."""

        run_id: str
        """A folder in the models folder, or a path."""

    def __init__(self, root: Path, run_ids: Sequence[str], pace: Pace | None = None) -> None:
        """`root`: the models folder; `run_ids`: as Sources has them."""
        super().__init__()
        self._sources = Sources(root, run_ids)
        self._pace = pace or Pace()
        self._folded = True
        self._words: Text | None = None
        self._title = ""

    @property
    def is_read(self) -> bool:
        """Whether all that the logs held is shown."""
        return self._sources.is_read

    @property
    def view(self) -> CompareView:
        return self.query_one(CompareView)

    @property
    def comparison(self) -> Comparison:
        """As it is shown."""
        return self.view.overlay.comparison

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Static(id="words", markup=False)
        yield CompareView()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._say_title()
        self._sources.read(self, self._show)
        self.set_interval(max(EVERY, self._pace.paint), self._follow)
        self.set_interval(self._pace.paint, self._say)

    def on_resize(self) -> None:
        self.call_after_refresh(self._say)

    def _follow(self) -> None:
        if self.app.screen is self and self._pace.link_is_free(self.app):
            self._sources.follow(self, self._show)

    # Showing.

    def _show(self) -> None:
        comparison = Comparison(self._sources.entries, self._folded)
        with self.app.batch_update():
            self.view.show(comparison)
            self._say_title()
            self._say()
        self.refresh_bindings()

    def _say(self) -> None:
        """How far it is read; who is best, what one should know, what cannot be read."""
        room = max(10, self.size.width - 2)
        parts = [self._best_line() if self.is_read else Text(f"… {self._sources.progress}")]
        parts += [Text(f"! {note}", style="not bold") for note in self.comparison.notes]
        parts += [Text(f"✗ {clean(problem)}", style="not bold") for problem in self._sources.problems]
        lines = [line for part in parts if part for line in wrapped(part, room, indent=2).split("\n")]
        if len(lines) > MOST_LINES:
            hidden = len(lines) - MOST_LINES + 1
            lines = [*lines[: MOST_LINES - 1], Text(f"… {hidden} more lines: ^y has them", style="dim")]
        words = Text("\n").join(lines)
        if self._words is None or (words.plain, words.spans) != (self._words.plain, self._words.spans):
            self._words = words
            say(self.query_one("#words", Static), words, most=MOST_LINES)

    def _say_title(self) -> None:
        n, name = len(self._sources.run_ids), self.comparison.name if self.comparison.entries else ""
        of = f" of {clean(name)}" if name else ""
        title = Text("nntui  ", style="bold").append(f"compare {n} {'run' if n == 1 else 'runs'}{of}", style="default")
        if title.plain != self._title:
            self._title = title.plain
            self.query_one("#title", Static).update(title, layout=False)

    def _best_line(self) -> Text:
        comparison, metric = self.comparison, self.view.overlay.metric
        if not comparison.entries:
            return Text("nothing to compare: Esc goes back", style="dim")
        if len(comparison.entries) == 1:
            return Text("only one network is left: mark another one in the list to compare it with", style="dim")
        if metric not in comparison.columns:
            return Text("")
        standing = comparison.standing(metric, "best")
        if not standing.first:
            return Text("")
        labels = [comparison.labels[i] for i in sorted(standing.first)]
        score = score_text(metric, standing.scores[min(standing.first)])
        line = Text("★ ", style="bold").append("best: ", style="not bold")
        if len(labels) == 1:
            line.append(f"{labels[0]}: ", style="not bold")
        else:
            line.append(f"{len(labels)} of {len(comparison.rows)} share ", style="not bold")
        line.append(f"{metric_words(metric)} {score}")
        near = len(standing.near)
        return line.append(f"  ≈ {near} may be as good" if near else "", style="not bold")

    @on(CompareView.Folded)
    def _fold(self, message: CompareView.Folded) -> None:
        self._folded = message.folded
        self._show()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "export" or (self.is_read and bool(self._sources.names()))

    @on(CompareView.Opened)
    def _opened(self, message: CompareView.Opened) -> None:
        """The run of this row; of several that are one row, one that is chosen."""
        entries = message.row.entries
        if len(entries) == 1:
            self._open(entries[0].run_id)
            return
        choices = [(entry.run_id, f"seed {entry.seed}, {entry.state}", "") for entry in entries]

        def chosen(run_id: str | None) -> None:
            if run_id is not None:
                self._open(run_id)

        self.app.push_screen(Choose(f"Which of these? {seeds_text(message.row)}", choices), chosen)

    def _open(self, run_id: str) -> None:
        run_dir = self._sources.find(run_id)
        if run_dir is not None:
            self.post_message(self.Open(self._sources.name_of(run_dir)))
            return
        search, _slash, number = run_id.rpartition("/")
        found = self._sources.find(search)
        if found is None:
            return

        def work() -> RunDir:
            from core.search.trial_runs import open_trial

            return open_trial(found, int(number))

        def done(opened: RunDir) -> None:
            self.post_message(self.Open(str(opened.path.resolve())))

        in_background(self, work, done)

    def action_export(self) -> None:
        comparison = self.comparison

        def take(text: str | None) -> None:
            if text is None:
                return
            target = Path(text).expanduser()

            def write() -> str:
                rows = table.write_csv(comparison, target)
                return f"{rows:,} rows written to {target}"

            in_background(self, write, lambda words: self.notify(words, markup=False))

        self.app.push_screen(Prompt("Write one row per run to", "comparison.csv", _why_no_file), take)

    def action_command(self) -> None:
        """How the same is printed, outside; and all that is said of these runs."""
        names = [shlex.quote(name) for name in self._sources.names()]
        options, root = [] if self._folded else ["--all"], self._sources.root
        if root.resolve() != models_root().resolve():
            options += ["--models-dir", shlex.quote(str(root))]
        line = " ".join(["nntui compare", *names, *options])
        self.app.copy_to_clipboard(line)
        said = [*self.comparison.notes, *self._sources.problems]
        about = "\n".join(clean(each) for each in said)
        self.app.push_screen(
            Note("Compare them in a shell (copied, where the terminal allows it)", f"{line}\n\n{about}".rstrip())
        )

    def action_back(self) -> None:
        self._sources.cancel()
        self.app.pop_screen()


def _why_no_file(text: str) -> str:
    return why_no_file(text, "comparison.csv")
