"""The search screen: many networks, live or past, drawn from their fold; keys steer the search that is training."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from core.errors import UserError
from core.history.trials import Trial, Trials
from core.runs import export
from core.runs.folder import RunDir
from core.system.files import is_file
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Prompt
from tui.dialogs.target import why_no_file
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.screens.again import AgainScreen
from tui.screens.search import keys
from tui.screens.search.rows import cell_text
from tui.screens.search.view import SearchView
from tui.widgets.footer import Keys
from tui.widgets.gauge import Gauge
from tui.widgets.status import Status
from tui.widgets.too_small import TooSmall
from tui.words.units import count, duration


class SearchScreen(AgainScreen):
    """Shows the trainer's search, or with `run_id` a past one."""

    ACTIONS = keys.SEARCH
    BINDINGS = bindings(keys.SEARCH)
    _shown: object = None

    @dataclass
    class OpenTrial(Message):
        """Show this trial as a run."""

        run_dir: RunDir

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Status()
        yield SearchView()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._follow()
        self.set_interval(self._pace.follow, self._follow)
        self.set_interval(self._pace.paint, self._show_next)

    # Painting.

    def _begin(self, run_dir: RunDir) -> None:
        self._shown = None
        self.query_one(SearchView).begin(self._trials)

    def _show_lines(self, reason: str) -> None:
        self.query_one(SearchView).say(reason)

    def _paint(self, everything: bool) -> None:
        view = self.query_one(SearchView)
        if self._state == "interrupted":
            self._trials.cut_off()
        if everything or not self._story.history.live:  # its end is told below: then its trials are there, too
            view.show_all()
        else:
            view.show_next()
        self._show_words()

    @property
    def _trials(self) -> Trials:
        trials = self._story.history.trials
        return Trials() if trials is None else trials

    def _show_words(self) -> None:
        history, trials, state = self._story.history, self._trials, self._state
        seen = (history.seq, state, self._problem)
        if seen == self._shown or self._run_dir is None:
            return
        self._shown = seen
        self._show_title(self._run_dir.run_id)
        if self._problem:
            self.query_one(Status).show_words("failed", self._problem)
            return
        parts = [f"{count(trials.done)}/{count(trials.total)} trials"]
        for name, n in (
            ("training", trials.count("running")),
            ("pruned", trials.count("pruned")),
            ("failed", trials.count("failed")),
            ("to go on with", trials.count("stopped")),
        ):
            parts += [f"{count(n)} {name}"] if n else []
        parts.append(duration(history.t))
        if history.live and state != "interrupted":
            parts.append(f"{duration(history.seconds_left)} left")
        if history.reason and state in ("failed", "completed"):
            parts.insert(0 if state == "failed" else len(parts), history.reason)
        self.query_one(Status).show_words(state, "  ".join(parts))
        self.query_one(Gauge).show(1.0 if state == "completed" else trials.share)

    # What can be done with a trial.

    @on(SearchView.Opened)
    def _opened(self, message: SearchView.Opened) -> None:
        trial, run_dir = message.trial, self._run_dir
        if run_dir is None:
            return
        why_not_open = "it is not over yet" if trial.state in ("running", "stopped") else ""
        why_not_keep = why_not_open or ("" if is_file(_model(run_dir, trial)) else "it has no model here")
        choices = [
            ("open", "its curves, numbers and log, as of any run", why_not_open),
            ("change", "a new experiment with its settings, in the form", "" if trial.config else "it never began"),
            ("keep", "copy its model to a file of your choice", why_not_keep),
        ]
        why_not = {name: why for name, _what, why in choices}

        def chosen(name: str | None) -> None:
            if name is None:
                return
            if why_not[name]:
                self.notify(f"trial {trial.number}: {why_not[name]}", severity="warning", markup=False)
            elif name == "open":
                self.open_trial(run_dir, trial.number)
            elif name == "change":
                self._change_trial(run_dir, trial)
            else:
                self._keep(run_dir, trial)

        reason = f"\n{trial.state}: {trial.reason}" if trial.reason else f", {trial.state}"
        what = f"Trial {trial.number}: {cell_text(self._trials, trial.cell)}{reason}"
        self.app.push_screen(Choose(what, choices), chosen)

    def _change_trial(self, run_dir: RunDir, trial: Trial) -> None:
        """The form for its settings, once the user's own components among them are loaded."""

        def work() -> None:
            from core.experiment import named

            named.for_tables(trial.config.get("use") or [], run_dir.path)

        def done(_loaded: None) -> None:
            self.post_message(self.Change(trial.config))

        in_background(self, work, done)

    def open_trial(self, run_dir: RunDir, number: int) -> None:
        """Its folder becomes that of a run, then it is shown as one."""

        def work() -> RunDir:
            from core.search.trial_runs import open_trial

            return open_trial(run_dir, number)

        def done(opened: RunDir) -> None:
            self.post_message(self.OpenTrial(opened))

        in_background(self, work, done)

    def _keep(self, run_dir: RunDir, trial: Trial) -> None:
        source = _model(run_dir, trial)

        def take(text: str | None) -> None:
            if text is not None:
                target = Path(text).expanduser()
                in_background(self, lambda: _copy(source, target), self._say)

        name = f"{trial.config.get('name') or f'trial-{trial.number}'}.pt".replace("/", "-")
        self.app.push_screen(Prompt(f"Copy the model of trial {trial.number} to", name, _why_no_new_file), take)

    # Keys.

    def action_export(self) -> None:
        run_dir = self._run_dir
        if run_dir is None:
            return

        def take(text: str | None) -> None:
            if text is None:
                return
            target = Path(text).expanduser()

            def write() -> str:
                rows = export.write_csv([run_dir], "trials", target)
                return f"{rows:,} trials written to {target}"

            in_background(self, write, self._say)

        path = str(run_dir.path / "trials.csv")
        self.app.push_screen(Prompt("Write one row per trial to", path, _why_no_file), take)


def _model(run_dir: RunDir, trial: Trial) -> Path:
    return run_dir.trial(trial.number).model


def _why_no_file(text: str) -> str:
    return why_no_file(text, "trials.csv")


def _why_no_new_file(text: str) -> str:
    """The same, where a file that is there must stay."""
    problem = _why_no_file(text)
    if not problem and Path(text).expanduser().exists():
        return "there is such a file already; choose another name"
    return problem


def _copy(source: Path, target: Path) -> str:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise UserError(f"cannot copy {source} to {target}: {error.strerror or error}") from None
    return f"its model is in {target}"
