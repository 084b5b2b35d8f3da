"""The compare screen: reads the runs behind itself, follows those that go on, and says what one should know of them."""

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
from core.comparison.entries import Entry, News, Source
from core.errors import UserError
from core.runs import export
from core.runs.folder import RunDir
from core.system.folders import models_root
from core.system.text import clean
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Note, Prompt
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.live.pace import Pace
from tui.live.story import Reading
from tui.screens.compare import keys
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
        """`run_ids`: folders in `root`, or paths; `<run-id>/<number>` is a trial of a search, a search all of them."""
        super().__init__()
        self._root, self._run_ids = root, list(dict.fromkeys(run_ids))
        self._pace = pace or Pace()
        self._sources: list[Source] = []
        self._problems: dict[str, str] = {}
        """Of runs that are not there, by what they were called."""
        self._reading = Reading()
        self._busy = False
        self._read = False
        self._folded = True
        self._words: Text | None = None
        self._title = ""

    @property
    def is_read(self) -> bool:
        """Whether all that the logs held is shown."""
        return self._read

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
        self._read_next(0)
        self.set_interval(max(EVERY, self._pace.paint), self._follow)
        self.set_interval(self._pace.paint, self._say)

    def on_resize(self) -> None:
        self.call_after_refresh(self._say)

    # Reading.

    def _read_next(self, at: int) -> None:
        """One run after another, each shown as soon as it is read."""
        if at >= len(self._run_ids) or self._reading.cancelled:
            self._read = True
            self._show()
            return
        run_id, reading = self._run_ids[at], self._reading

        def go_on(steps: int) -> bool:
            reading.step = steps
            return not reading.cancelled

        def work() -> tuple[Source, News]:
            source = Source(_run_dir(self._root, run_id))
            return source, source.whole(go_on)

        def done(found: tuple[Source, News]) -> None:
            source, news = found
            source.take(news)
            self._sources.append(source)
            if source.problem:
                self._problems[run_id] = source.problem
            else:
                self._show()
            self._read_next(at + 1)

        def failed(reason: str) -> None:
            self._problems[run_id] = reason
            self._read_next(at + 1)

        in_background(self, work, done, failed)

    def _follow(self) -> None:
        """Take in what was written since, by whichever process."""
        if self.app.screen is not self or self._busy or not self._read or not self._pace.link_is_free(self.app):
            return
        self._busy = True
        sources = list(self._sources)

        def done(news: list[News]) -> None:
            self._busy = False
            if sum(source.take(each) for source, each in zip(sources, news, strict=True)):
                self._show()

        def failed(reason: str) -> None:
            self._busy = False
            self.notify(reason, severity="error", markup=False)

        in_background(self, lambda: [source.since() for source in sources], done, failed)

    # Showing.

    @property
    def _entries(self) -> list[Entry]:
        """Each network once, though it may be named by itself and within its search."""
        found = [entry for source in self._sources for entry in source.entries()]
        return list({entry.run_id: entry for entry in found}.values())

    def _show(self) -> None:
        comparison = Comparison(self._entries, self._folded)
        with self.app.batch_update():
            self.view.show(comparison)
            self._say_title()
            self._say()
        self.refresh_bindings()

    def _say(self) -> None:
        """How far it is read; who is best, what one should know, what cannot be read."""
        room = max(10, self.size.width - 2)
        parts = [self._best_line()] if self._read else [self._progress()]
        parts += [Text(f"! {note}", style="not bold") for note in self.comparison.notes]
        problems = [
            *self._problems.values(),
            *(each.problem for each in self._sources if each.problem and each.problem not in self._problems.values()),
        ]
        parts += [Text(f"✗ {clean(problem)}", style="not bold") for problem in problems]
        lines = [line for part in parts if part for line in wrapped(part, room, indent=2).split("\n")]
        if len(lines) > MOST_LINES:
            hidden = len(lines) - MOST_LINES + 1
            lines = [*lines[: MOST_LINES - 1], Text(f"… {hidden} more lines: ^y has them", style="dim")]
        words = Text("\n").join(lines)
        if self._words is None or (words.plain, words.spans) != (self._words.plain, self._words.spans):
            self._words = words
            say(self.query_one("#words", Static), words, most=MOST_LINES)

    def _say_title(self) -> None:
        n, name = len(self._run_ids), self.comparison.name if self.comparison.entries else ""
        of = f" of {clean(name)}" if name else ""
        title = Text("nntui  ", style="bold").append(f"compare {n} {'run' if n == 1 else 'runs'}{of}", style="default")
        if title.plain != self._title:
            self._title = title.plain
            self.query_one("#title", Static).update(title, layout=False)

    def _progress(self) -> Text:
        at = min(len(self._sources) + len(self._problems) + 1, len(self._run_ids))
        return Text(f"… reading {at} of {len(self._run_ids)}: {self._reading}")

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
        return bool(self.comparison.entries) if action == "export" and self._read else True

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
        source = next((each for each in self._sources if run_id == each.run_dir.run_id), None)
        if source is not None:
            self.post_message(self.Open(_name(source.run_dir, self._root)))
            return
        search, _slash, number = run_id.rpartition("/")
        found = next((each for each in self._sources if each.run_dir.run_id == search), None)
        if found is None:
            return

        def work() -> RunDir:
            from core.search.trial_runs import open_trial

            return open_trial(found.run_dir, int(number))

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
        names = [shlex.quote(_name(source.run_dir, self._root)) for source in self._sources if not source.problem]
        options = [] if self._folded else ["--all"]
        if self._root.resolve() != models_root().resolve():
            options += ["--models-dir", shlex.quote(str(self._root))]
        line = " ".join(["nntui compare", *names, *options])
        self.app.copy_to_clipboard(line)
        said = [*self.comparison.notes, *self._problems.values()]
        about = "\n".join(clean(each) for each in said)
        self.app.push_screen(
            Note("Compare them in a shell (copied, where the terminal allows it)", f"{line}\n\n{about}".rstrip())
        )

    def action_back(self) -> None:
        self._reading.cancelled = True
        self.app.pop_screen()


def _run_dir(root: Path, run_id: str) -> RunDir:
    """Raises UserError."""
    run_dir = RunDir(root / run_id)
    if run_dir.events.is_file():
        return run_dir
    from core.search.trial_runs import find

    return find(run_id, root)


def _name(run_dir: RunDir, root: Path) -> str:
    """As `nntui` finds it: by its id in the models folder, else by its path."""
    within = run_dir.home.absolute().parent == root.absolute()
    return run_dir.run_id if within else str(run_dir.path.resolve())


def _why_no_file(text: str) -> str:
    """What is wrong with a path to write to, as it was typed."""
    if not text.strip():
        return "a path, such as comparison.csv"
    try:
        export.check_target(Path(text).expanduser())
    except (UserError, RuntimeError, ValueError) as error:  # no such home folder, a null byte
        return str(error)
    return ""
