"""The experiment screen: a form made from the registries, and beside it what the settings mean."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from core.experiment import resolve
from core.experiment.draft import GROUPS, Draft, Field
from core.experiment.rules import warnings
from core.experiment.schema import SECTIONS, RunConfig
from core.runs.folder import slug
from core.system.files import is_file, write_atomically
from core.system.folders import user_path
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Note, Prompt, Question
from tui.keys import action as keys_action
from tui.live.background import in_background
from tui.live.looker import Look, Looker
from tui.live.trainer import Trainer
from tui.screens.experiment import keys as experiment_keys
from tui.screens.experiment.files import path_of, why_no_experiment, why_no_file
from tui.screens.experiment.form import Form, Row
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.rows import Outcome
from tui.screens.own_table.screen import TableScreen
from tui.widgets.footer import Keys
from tui.widgets.too_small import TooSmall
from tui.words import dataset as words_dataset
from tui.words import experiment as words_experiment

SETTLED = 0.4
"""Seconds without a change after which data, network and time are looked at."""
VIEWS = {"changes": "Changes", "cost": "Cost", "network": "Network", "data": "Data"}


class ExperimentScreen(Screen[RunConfig | None]):
    """Ends with an experiment to train, or None."""

    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL
    TYPING = True
    ACTIONS = experiment_keys.EXPERIMENT
    BINDINGS = keys_action.bindings(experiment_keys.EXPERIMENT)

    def __init__(self, trainer: Trainer, tables: dict[str, Any]) -> None:
        super().__init__()
        self._trainer = trainer
        self._draft = Draft(tables)
        self._looker = Looker(trainer)
        self._look: Look | None = None
        self._saved: RunConfig | None = None
        """What was written to a file last."""
        self._measuring = False
        self._settling: Timer | None = None
        self._shown: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        with Horizontal(id="body"):
            yield Form(GROUPS)
            with VerticalScroll(id="beside", can_focus=False):
                for view, heading in VIEWS.items():
                    yield Static(heading, classes="heading", id=f"{view}-heading", markup=False)
                    yield Static(id=view, markup=False)
        yield Static(id="field", markup=False)
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._show()
        self.call_after_refresh(self.query_one(Form).focus_key, "dataset.name")
        self.set_interval(1.0, self._measure)

    # Showing.

    def _show(self, *, afresh: bool = False) -> None:
        """After every change; `afresh` where it was not typed."""
        draft = self._draft
        self._look = None if draft.config is None else self._look
        changed = {key for key, _before, _after in draft.changes}
        rows = [self._row(field, changed) for field in draft.fields()]
        self.query_one(Form).show(rows, afresh=afresh)
        n = len(changed)
        title = Text("nntui  ", style="bold").append(draft.base.name, style="default")
        title.append(f"  {n} change{'s' if n != 1 else ''}" if n else "  as it comes", style="dim")
        self.query_one("#title", Static).update(title)
        self._show_field()
        self._show_beside()
        self._looker.cancel()
        if self._settling is not None:
            self._settling.stop()
        if draft.config is not None:
            self._settling = self.set_timer(SETTLED, self._look_at_it)

    def _row(self, field: Field, changed: set[str]) -> Row:
        draft, about = self._draft, field.about
        choices = ("true", "false") if about.kind == "yes-no" else about.choices if about.kind == "choice" else ()
        return Row(
            key=field.key,
            group=field.group,
            label=field.label,
            text=draft.text(field.key),
            placeholder=draft.default(field),
            choices=choices,
            problem=bool(draft.problem_of(field.key)),
            changed=field.key in changed,
            listed=field.key in self._paths or field.key in self._columns,
        )

    @property
    def _paths(self) -> set[str]:
        """Keys that are paths of files."""
        return self._keys("paths")

    @property
    def _columns(self) -> set[str]:
        """Keys that name columns of a table."""
        return self._keys("columns")

    def _keys(self, kind: str) -> set[str]:
        component = SECTIONS["dataset"][self._draft.text("dataset.name")]
        return {f"dataset.{key}" for key in component.facts.get(kind, ())}

    def _show_field(self) -> None:
        """What the field with the focus is about, and what is wrong with it; or what is wrong anywhere."""
        key = self.query_one(Form).key
        field = next((each for each in self._draft.fields() if each.key == key), None)
        text = Text()
        if field is not None:
            text.append(field.key, style="bold")
            text.append(f"  {self._about(field)}\n")
        problem = self._draft.problem_of(key)
        if problem:
            text.append(f"✗ {problem}", style="bold")
        elif self._draft.problems:
            key, reason = next(iter(self._draft.problems.items()))
            text.append(f"✗ {key}: {reason}" if key and not reason.startswith(key) else f"✗ {reason}")
        self.query_one("#field", Static).update(text)

    def _about(self, field: Field) -> str:
        about, kind = field.about, field.key.partition(".")[0]
        if field.key == f"{kind}.name" and kind in SECTIONS:
            return f"{SECTIONS[kind][self._draft.text(field.key)].summary} ← → changes it, Enter lists all"
        parts = [about.help, about.range if about.kind != "choice" else "", f"default {about.default or 'none'}"]
        parts.append("several, with commas" if about.kind == "list" else "")
        parts.append("Enter chooses one" if field.key in self._paths else "")
        if field.key in self._columns:
            parts.append("Enter shows the columns")
        elif field.key.startswith("dataset.") and self._own_table:
            parts.append("^t shows the columns")
        return "; ".join(part for part in parts if part)

    def _show_beside(self) -> None:
        draft, look = self._draft, self._look
        width = max(20, self.query_one("#beside").size.width - 3)
        latest = draft.config
        if latest is None:
            note = "not before all is right: ✗"
        elif self._trainer.busy:
            note = f"no trial while {self._trainer.title} trains"
        else:
            note = "… (a short trial)" if look is None or not look.refusal else "–"
        self._fill("changes", words_experiment.changes(draft.changes, draft.base.name))
        config_shown = latest or draft.base
        self._fill("cost", words_experiment.cost(look.cost if look else None, config_shown, note))
        wait = ["…"] if latest else ["–"]
        self._fill("network", words_experiment.network(look.layers, width) if look else wait)
        if look is None:
            self._fill("data", wait)
        elif look.preview is None:
            self._fill("data", [f"✗ {look.refusal}" if look.refusal else "…"])
        else:
            notes = [*(look.data.notes if look.data else ()), *warnings(config_shown)]
            self._fill("data", [*words_experiment.notes(notes, width), *words_dataset.data(look.preview, width)])
        self.query_one("#data").set_class(look is not None and look.preview is None, "refused")

    def _fill(self, view: str, lines: list[str]) -> None:
        text = "\n".join(lines)
        if self._shown.get(view) != text:
            self._shown[view] = text
            self.query_one(f"#{view}", Static).update(Text(text))

    def _look_at_it(self) -> None:
        wanted = self._draft.config
        if wanted is None:
            return

        def done(look: Look | None) -> None:
            if look is not None and self._draft.config == wanted:
                self._look = look
                self._show_beside()
                self._measure()

        in_background(self, lambda: self._looker.look(wanted), done)

    def _measure(self) -> None:
        """A trial for the cost, unless it is known, or being measured, or something trains; asked again and again."""
        look = self._look
        if look is None or look.cost or look.refusal or self._measuring or self._trainer.busy:
            return
        self._measuring = True

        def done(measured: Look | None) -> None:
            self._measuring = False
            if measured is not None and self._draft.config == measured.config:
                self._look = measured
                self._show_beside()

        def failed(reason: str) -> None:
            done(replace(look, refusal=reason))

        in_background(self, lambda: self._looker.with_cost(look), done, failed)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_beside)

    # From the form.

    @on(Form.Changed)
    def _changed(self, message: Form.Changed) -> None:
        if message.text.strip() == self._draft.text(message.key):
            return
        self._draft.set(message.key, message.text)
        self._show()

    @on(Form.Entered)
    def _entered(self) -> None:
        self._show_field()

    @on(Form.Pick)
    def _pick(self, message: Form.Pick) -> None:
        key, draft = message.key, self._draft
        kind, _, name = key.rpartition(".")
        if key in self._paths:
            self._choose_file(key)
            return
        if key in self._columns:
            self.action_table()
            return
        if name == "name" and kind in SECTIONS:
            choices = draft.choices(kind)
        else:
            field = next(each for each in draft.fields() if each.key == key)
            choices = [(choice, "", "") for choice in field.about.choices or ("true", "false")]

        def chosen(text: str | None) -> None:
            if text is not None:
                self._draft.set(key, text)
                self._show()

        self.app.push_screen(Choose(key, choices, draft.text(key)), chosen)

    # A table of one's own.

    @property
    def _own_table(self) -> bool:
        return bool(SECTIONS["dataset"].fact(self._draft.text("dataset.name"), "table"))

    def _choose_file(self, key: str) -> None:
        now = path_of(self._draft.text(key))

        def chosen(path: Path | None) -> None:
            if path is None:
                return
            if self._own_table:
                section = self._draft.section("dataset")
                self._choose_columns(section if path == now else {"name": section["name"], "path": str(path)})
            else:
                self._draft.set(key, str(path))
                self._show(afresh=True)

        self.app.push_screen(FilesScreen(now), chosen)

    def _choose_columns(self, section: dict[str, Any]) -> None:
        from core.experiment.draft import take_table
        from core.tables.choices import Choices

        def chosen(outcome: Outcome | None) -> None:
            if outcome is not None and outcome.section is not None:
                take_table(self._draft, outcome.section, outcome.task)
                self._show(afresh=True)

        self.app.push_screen(TableScreen(Choices.of(section)), chosen)

    def action_table(self) -> None:
        path = path_of(self._draft.text("dataset.path"))
        if path is None:
            self._choose_file("dataset.path")
        else:
            self._choose_columns({**self._draft.section("dataset"), "path": str(path)})

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "table" or self._own_table

    def action_train(self) -> None:
        wanted = self._draft.config
        if wanted is None:
            key = next((key for key in self._draft.problems if key), "")
            self.query_one(Form).focus_key(key)
            if not key:  # else the line below says why, and the cursor is there
                self.notify("Not yet: see what is marked ✗", severity="warning", markup=False)
        elif self._trainer.busy:
            self.notify(f"{self._trainer.title} is training; stop it first", severity="warning", markup=False)
        elif self._own_table:
            self._go_if_it_can_be_read(wanted)
        else:
            self._go(wanted)

    def _go_if_it_can_be_read(self, wanted: RunConfig) -> None:
        """A table of one's own may hold anything: what it is refused for is told here, where it can be changed."""

        def looked(look: Look | None) -> None:
            if look is None or self._draft.config != wanted:  # it was changed meanwhile
                return
            if look.refusal and look.preview is None:
                self._look = look
                self._show_beside()
                self.notify(look.refusal, severity="error", markup=False)
            else:
                self._go(wanted)

        in_background(self, lambda: self._looker.look(wanted), looked)

    def action_reset(self) -> None:
        key = self.query_one(Form).key
        if key:
            self._draft.reset(key)
            self._show(afresh=True)

    def action_next_view(self) -> None:
        """Scroll the text beside the form to its next heading, from the last one to the first."""
        scroll = self.query_one("#beside", VerticalScroll)
        tops = [self.query_one(f"#{view}-heading").virtual_region.y for view in VIEWS]
        below = [top for top in tops if top > scroll.scroll_y and scroll.scroll_y < scroll.max_scroll_y]
        scroll.scroll_to(y=below[0] if below else 0, animate=False)

    def action_scroll_view(self, pages: int) -> None:
        scroll = self.query_one("#beside", VerticalScroll)
        scroll.scroll_relative(y=pages * max(1, scroll.size.height - 2), animate=False)

    def action_save(self) -> None:
        wanted = self._draft.config
        if wanted is None:
            self.notify("Not yet: see the field marked ✗", severity="warning", markup=False)
            return

        def named(text: str | None) -> None:
            if text is None:
                return
            path = user_path(text.strip())
            if is_file(path):
                question = Question(f"{path} is there already.\nReplace it?")
                self.app.push_screen(question, lambda yes: self._write(path, wanted) if yes else None)
            else:
                self._write(path, wanted)

        self.app.push_screen(Prompt("Save the experiment as", f"{slug(wanted.name)}.toml", why_no_file), named)

    def _write(self, path: Path, wanted: RunConfig) -> None:
        try:
            write_atomically(path, lambda file: file.write(wanted.to_toml().encode()))
        except OSError as error:
            self.notify(f"cannot write {path}: {error.strerror or error}", severity="error", markup=False)
        else:
            self._saved = wanted
            self.notify(f"Saved: nntui run {shlex.quote(str(path))}", markup=False)

    def action_load(self) -> None:
        def named(text: str | None) -> None:
            if text is not None:
                self._draft = Draft(resolve.read(text.strip()))
                self._look = self._saved = None
                self._show(afresh=True)

        lost = f"\n{self.unsaved}".rstrip()
        self.app.push_screen(Prompt(f"Load a TOML file, or a preset{lost}", "", why_no_experiment), named)

    def action_command_line(self) -> None:
        line = self._draft.command_line()
        if line is None:
            self.notify("Not yet: see the field marked ✗", severity="warning", markup=False)
            return
        self.app.copy_to_clipboard(line)
        self.app.push_screen(Note("The same without a screen (copied, where the terminal allows it)", line))

    @property
    def unsaved(self) -> str:
        """What would be lost with this screen; an empty string where nothing would."""
        saved = self._saved is not None and self._draft.config == self._saved
        n = 0 if saved else len(self._draft.changes)
        return f"{n} change{'s' if n > 1 else ''} will be forgotten; ^s saves them." if n else ""

    def action_back(self) -> None:
        if not self.unsaved:
            self._leave(yes=True)
            return
        question = f"Leave without training?\n{self.unsaved}"
        self.app.push_screen(Question(question), lambda yes: self._leave(yes=bool(yes)))

    def _leave(self, *, yes: bool) -> None:
        if yes:
            self._go(None)

    def _go(self, wanted: RunConfig | None) -> None:
        self._looker.close()
        self._look = None
        self.dismiss(wanted)
