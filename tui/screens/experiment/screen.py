"""The experiment screen: a form made from the registries, and beside it what the settings mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from core.errors import UserError
from core.experiment.draft import Draft
from core.experiment.fields import GROUPS
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig, run_of
from core.experiment.undo import Undo
from tui.dialogs.choose import Choose
from tui.dialogs.choose_several import ChooseSeveral
from tui.dialogs.dialogs import Note, Question
from tui.dialogs.download import DownloadDialog
from tui.keys.action import bindings
from tui.live.download import Lacking, lacking_files
from tui.live.trainer import Trainer
from tui.screens.experiment import keys
from tui.screens.experiment.beside import Beside
from tui.screens.experiment.files import load, save
from tui.screens.experiment.form import Form
from tui.screens.experiment.own_table import choose_columns, choose_file, has_columns, keys_of_kind
from tui.screens.experiment.rows import Few, choices_of, row_of, told_of
from tui.widgets.footer import Keys
from tui.widgets.too_small import TooSmall
from tui.words import experiment


class ExperimentScreen(Screen[RunConfig | SearchConfig | None]):
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
        self._saved: RunConfig | SearchConfig | None = None
        """What was written to a file last."""
        self._few = Few()
        self._loaded: Undo[Draft] = Undo()

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
        draft, form = self._draft, self.query_one(Form)
        changed = {key for key, _before, _after in draft.changes}
        fields = draft.fields()
        shown = self._few.of(draft, changed, form.key)
        below = experiment.below(len(fields) - len(shown), all=self._few.all)
        form.show([row_of(draft, field, changed) for field in shown], afresh=afresh, below=below)
        self.query_one("#title", Static).update(experiment.title(draft, len(changed)))
        self._show_field()
        self._beside.show(draft)

    def _show_field(self) -> None:
        self.query_one("#field", Static).update(told_of(self._draft, self.query_one(Form).key))

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
        self._draft.settle()
        self._show_field()

    @on(Form.Pick)
    def _pick(self, message: Form.Pick) -> None:
        key, draft = message.key, self._draft
        if key in keys_of_kind(draft, "paths"):
            choose_file(self, draft, key, self._changed_elsewhere)
            return
        if key in keys_of_kind(draft, "columns"):
            self.action_table()
            return
        choices = choices_of(draft, next(each for each in draft.fields() if each.key == key))

        def chosen(text: str | None) -> None:
            if text is not None:
                draft.set(key, text)
                self._show(afresh=True)

        now = draft.text(key)
        if choices.several:
            question = f"{key}  Space marks several" + ("" if choices.listed else ": a search")
            self.app.push_screen(ChooseSeveral(question, choices.found, now.split(",")), chosen)
        else:
            self.app.push_screen(Choose(key, choices.found, now), chosen)

    def _changed_elsewhere(self) -> None:
        self._show(afresh=True)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "table" or has_columns(self._draft)

    def action_train(self) -> None:
        wanted = self._ready()
        if wanted is None:
            key = next((key for key in self._draft.problems if key), "")
            form = self.query_one(Form)
            there = form.key == key
            form.focus_key(key)
            if (there or not key) and self._draft.problems:  # else the cursor moves, and the line below says why
                self.notify("Not yet: see what is marked ✗", severity="warning", markup=False)
        elif self._trainer.busy:
            self.notify(f"{self._trainer.title} is training; stop it first", severity="warning", markup=False)
        elif lacking := lacking_files(run_of(wanted), self._trainer.data_dir):
            self._fetch(lacking, wanted)
        elif has_columns(self._draft):  # a table of one's own may hold anything
            self._beside.look_first(wanted, self._go)
        else:
            self._go(wanted)

    def _ready(self) -> RunConfig | SearchConfig | None:
        try:
            return self._draft.ready()
        except UserError as error:
            self.notify(str(error), severity="error", markup=False)
            return None

    def _fetch(self, lacking: Lacking, wanted: RunConfig | SearchConfig) -> None:
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
        self.query_one(Form).jump()

    def action_all(self) -> None:
        self._few = Few(all=not self._few.all)
        self._show()
        self.call_after_refresh(self._stay)

    def _stay(self) -> None:
        if isinstance(focused := self.focused, Widget):
            focused.scroll_visible(animate=False)

    def action_undo(self) -> None:
        self._step(self._draft.undo, self._loaded.back)

    def action_redo(self) -> None:
        self._step(self._draft.redo, self._loaded.forth)

    def _step(self, step: Callable[[], str | None], load: Callable[[Draft], tuple[str, Draft] | None]) -> None:
        """In the settings, or where those have no more, to the experiment that was there before another was loaded."""
        key = step()
        if key is None:
            found = load(self._draft)
            if found is None:
                self.notify("Nothing more to take back or to do again", markup=False)
                return
            self._draft = found[1]
            self._beside.forget()
        self._changed_elsewhere()
        self.query_one(Form).focus_key(key or "")

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
            draft = Draft(tables)
            self._loaded.record("", self._draft)
            self._draft, self._saved, self._few = draft, None, Few(all=self._few.all)
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
        return f"{n} change{'s' if n > 1 else ''} will be forgotten; ^s saves {'them' if n > 1 else 'it'}." if n else ""

    def action_back(self) -> None:
        if not self.unsaved:
            self._leave(yes=True)
            return
        question = f"Leave without training?\n{self.unsaved}"
        self.app.push_screen(Question(question), lambda yes: self._leave(yes=bool(yes)))

    def _leave(self, *, yes: bool) -> None:
        if yes:
            self._go(None)

    def _go(self, wanted: RunConfig | SearchConfig | None) -> None:
        self._beside.close()
        self.dismiss(wanted)
