"""The experiment screen: a form made from the registries, and beside it what the settings mean."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from core.experiment.draft import GROUPS, Draft, Field
from core.experiment.schema import SECTIONS, RunConfig
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Note, Question
from tui.dialogs.download import DownloadDialog
from tui.dialogs.jump import Jump
from tui.keys.action import bindings
from tui.live.download import Lacking, lacking_files
from tui.live.trainer import Trainer
from tui.screens.experiment import keys
from tui.screens.experiment.beside import Beside
from tui.screens.experiment.files import load, save
from tui.screens.experiment.form import Form, Row
from tui.screens.experiment.own_table import choose_columns, choose_file, has_columns, keys_of_kind
from tui.widgets.footer import Keys
from tui.widgets.too_small import TooSmall


class ExperimentScreen(Screen[RunConfig | None]):
    """Ends with an experiment to train, or None."""

    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL
    TYPING = True
    ACTIONS = keys.EXPERIMENT
    BINDINGS = bindings(keys.EXPERIMENT)

    def __init__(self, trainer: Trainer, tables: dict[str, Any]) -> None:
        super().__init__()
        self._trainer = trainer
        self._draft = Draft(tables)
        self._beside = Beside(trainer, self._draft, id="beside")
        self._saved: RunConfig | None = None
        """What was written to a file last."""

    @property
    def draft(self) -> Draft:
        """The experiment as it is in the form."""
        return self._draft

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        with Horizontal(id="body"):
            yield Form(GROUPS)
            yield self._beside
        yield Static(id="field", markup=False)
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._show()
        self.call_after_refresh(self.query_one(Form).focus_key, "dataset.name")

    # Showing.

    def _show(self, *, afresh: bool = False) -> None:
        """After every change; `afresh` where it was not typed."""
        draft = self._draft
        changed = {key for key, _before, _after in draft.changes}
        rows = [self._row(field, changed) for field in draft.fields()]
        self.query_one(Form).show(rows, afresh=afresh)
        n = len(changed)
        title = Text("nntui  ", style="bold").append(draft.base.name, style="default")
        title.append(f"  {n} change{'s' if n != 1 else ''}" if n else "  as it comes", style="dim")
        self.query_one("#title", Static).update(title)
        self._show_field()
        self._beside.show(draft)

    def _row(self, field: Field, changed: set[str]) -> Row:
        draft, about = self._draft, field.about
        listed = keys_of_kind(draft, "paths") | keys_of_kind(draft, "columns")
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
            listed=field.key in listed,
        )

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
        parts.append("Enter chooses one" if field.key in keys_of_kind(self._draft, "paths") else "")
        if field.key in keys_of_kind(self._draft, "columns"):
            parts.append("Enter shows the columns")
        elif field.key.startswith("dataset.") and has_columns(self._draft):
            parts.append("^t shows the columns")
        return "; ".join(part for part in parts if part)

    def on_resize(self) -> None:
        self.call_after_refresh(self._beside.paint)

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
        if key in keys_of_kind(draft, "paths"):
            choose_file(self, draft, key, self._changed_elsewhere)
            return
        if key in keys_of_kind(draft, "columns"):
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

    def _changed_elsewhere(self) -> None:
        self._show(afresh=True)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "table" or has_columns(self._draft)

    def action_train(self) -> None:
        wanted = self._draft.config
        if wanted is None:
            key = next((key for key in self._draft.problems if key), "")
            self.query_one(Form).focus_key(key)
            if not key:  # else the line below says why, and the cursor is there
                self.notify("Not yet: see what is marked ✗", severity="warning", markup=False)
        elif self._trainer.busy:
            self.notify(f"{self._trainer.title} is training; stop it first", severity="warning", markup=False)
        elif lacking := lacking_files(wanted, self._trainer.data_dir):
            self._fetch(lacking, wanted)
        elif has_columns(self._draft):  # a table of one's own may hold anything
            self._beside.look_first(wanted, self._go)
        else:
            self._go(wanted)

    def _fetch(self, lacking: Lacking, wanted: RunConfig) -> None:
        """Ask for the files that are not here, then go on."""

        def fetched(there: bool | None) -> None:
            if there:
                self._beside.forget()
                self._go(wanted)

        self.app.push_screen(DownloadDialog(wanted.name, lacking), fetched)

    def action_table(self) -> None:
        choose_columns(self, self._draft, self._changed_elsewhere)

    def action_reset(self) -> None:
        key = self.query_one(Form).key
        if key:
            self._draft.reset(key)
            self._show(afresh=True)

    def action_jump(self) -> None:
        form = self.query_one(Form)
        sections = form.sections
        here = [heading for heading, key in sections.items() if key.partition(".")[0] == form.key.partition(".")[0]]

        def chosen(heading: str | None) -> None:
            if heading is not None:
                form.focus_key(sections[heading])

        self.app.push_screen(Jump("To which section?", list(sections), here[0] if here else ""), chosen)

    def action_next_view(self) -> None:
        self._beside.next_view()

    def action_scroll_view(self, pages: int) -> None:
        self._beside.scroll_pages(pages)

    def action_save(self) -> None:
        wanted = self._draft.config
        if wanted is None:
            self.notify("Not yet: see the field marked ✗", severity="warning", markup=False)
            return

        def saved() -> None:
            self._saved = wanted

        save(self, wanted, saved)

    def action_load(self) -> None:
        def loaded(tables: dict[str, Any]) -> None:
            self._draft, self._saved = Draft(tables), None
            self._beside.forget()
            self._changed_elsewhere()

        load(self, self._trainer, self.unsaved, loaded)

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
        self._beside.close()
        self.dismiss(wanted)
