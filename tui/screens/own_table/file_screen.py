"""The file picker: a folder's tables, and a line in which a name is found or a path is typed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Static

from core.errors import UserError
from core.system.files import is_dir, is_file
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.screens.own_table import keys
from tui.screens.own_table.file_list import FileList
from tui.screens.own_table.folder import Entry, Typed, best, entries, matching, printable, typed
from tui.screens.own_table.path_line import PathLine
from tui.widgets.footer import Keys
from tui.widgets.path_field import end_of
from tui.widgets.too_small import TooSmall
from tui.widgets.wrapping import say, wrapped


@dataclass(frozen=True)
class Folder:
    """One that was listed, or why it cannot be."""

    path: Path
    entries: tuple[Entry, ...] = ()
    refusal: str = ""


class FilesScreen(Screen[Path | None]):
    """Ends with the absolute path of a file, or None."""

    CSS_PATH = "file_screen.tcss"
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL
    TYPING = True
    ACTIONS = keys.FILES
    BINDINGS = bindings(keys.FILES)

    def __init__(self, chosen: Path | None = None) -> None:
        """`chosen`: the file that was chosen last; it begins there."""
        super().__init__()
        self._here = _folder_of(chosen)
        """Where typed names belong, and what is listed while no path is typed."""
        self._meant = Typed(self._here, "", path=False)
        self._listed: Folder | None = None
        self._arriving = "" if chosen is None else chosen.name
        """The name to put the cursor on once the folder is listed."""
        self._reading: Path | None = None
        self._opening = False
        """Enter came before the folder was listed."""
        self._everything = False
        self._problem = ""

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield PathLine(placeholder="a part of a name, or a path: type or paste it", id="line")
        yield FileList()
        yield Static(id="note", markup=False)
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.query_one(PathLine).focus()
        self._read(self._here)

    # Listing.

    def _read(self, folder: Path) -> None:
        self._reading = folder

        def work() -> Folder:
            try:
                return Folder(folder, tuple(entries(folder)))
            except UserError as error:
                return Folder(folder, refusal=str(error))

        def done(found: Folder) -> None:
            if self._reading != found.path:  # another one was asked for since
                return
            self._reading, self._listed = None, found
            self._show()
            if self._opening:
                self._opening = False
                self._open()

        self._show()
        in_background(self, work, done)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._take(event.value)

    def _take(self, line: str) -> None:
        """What is typed, unless it is known already."""
        try:
            meant = typed(line, self._here)
        except UserError as error:
            self._problem = str(error)
            self._show_note()
            return
        if meant == self._meant:
            return
        self._meant, self._problem, self._arriving = meant, "", ""
        if self._listed is None or self._listed.path != meant.folder or self._reading is not None:
            self._read(meant.folder)
        else:
            self._show()

    @property
    def _shown(self) -> list[Entry]:
        listed = self._listed
        if listed is None or self._reading is not None:
            return []
        meant = self._meant
        everything = self._everything or (meant.path and meant.text.startswith("."))
        return matching(listed.entries, meant.text, everything=everything, beginning=meant.path)

    def _show(self) -> None:
        shown, listed = self._shown, self._listed
        names = [entry.name for entry in shown]
        at = names.index(self._arriving) if self._arriving in names else best(shown, self._meant.text)
        if self._reading is not None or listed is None:
            empty = "reads the folder …"
        elif listed.refusal:
            empty = f"✗ {listed.refusal}"
        elif self._meant.text:
            empty = f"nothing here is called like {printable(self._meant.text)}"
        elif listed.entries:
            empty = "no tables and no folders here: F2 shows all files"
        else:
            empty = "this folder is empty"
        self.query_one(FileList).show_entries(shown, at, empty)
        self._show_title()
        self._show_note()

    def on_resize(self) -> None:
        self._show_title()
        self._show_note()

    def _show_title(self) -> None:
        title = Text("nntui  ", style="bold").append("Choose a table in ", style="default")
        room = self.size.width - cell_len(title.plain) - 2
        title.append(end_of(printable(str(self._meant.folder)), room), style="bold")
        self.query_one("#title", Static).update(title, layout=False)

    def _show_note(self) -> None:
        text = Text()
        if self._problem:
            text.append(f"✗ {self._problem}", style="bold")
        elif self._listed is not None and self._reading is None and not self._listed.refusal:
            there, wanted, shown = self._listed.entries, self._meant.text, self._shown
            if wanted:
                known = matching(there, "", everything=self._everything, beginning=False)
                of = len({entry.name for entry in [*known, *shown]})
                text.append(f"{len(shown):,} of {of:,} are called like {printable(wanted)}")
            else:
                text.append(_how_many(sum(entry.table for entry in shown), "table") + " here")
            names = {entry.name for entry in shown}
            named = matching(there, wanted, everything=True, beginning=self._meant.path)
            left = [entry for entry in named if entry.name not in names]
            hidden = sum(entry.hidden for entry in left)
            others = [_how_many(len(left) - hidden, "other file")] if len(left) > hidden else []
            others += [f"{hidden:,} hidden"] if hidden else []
            if others:
                text.append(f", not listed: {' and '.join(others)} (F2)", style="dim")
            elif self._everything:
                text.append(", all files are listed")
        say(self.query_one("#note", Static), wrapped(text, max(20, self.size.width - 2)), 1, 4)

    # Opening.

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take(event.value)  # its own message may still be on its way
        self._open()

    @on(FileList.Opened)
    def _clicked(self) -> None:
        self._open()

    def _open(self) -> None:
        """The entry under the cursor; the path that is typed, where it is not listed."""
        if self._problem and self.query_one(PathLine).value.startswith("~"):
            return
        if self._reading is not None:
            self._opening = True
            return
        entry = self.query_one(FileList).entry
        if entry is not None:
            self._open_path(self._meant.folder / entry.name)
        elif self._meant.text or self._meant.path:
            self._open_path(self._meant.folder / self._meant.text)

    def _open_path(self, path: Path) -> None:
        def work() -> str:
            return "folder" if is_dir(path) else "file" if is_file(path) else "thing" if path.exists() else ""

        def done(kind: str) -> None:
            name = printable(path.name or str(path))
            if kind == "folder":
                self._go(path)
            elif kind == "file" and str(path) == printable_bytes(str(path)):
                self.dismiss(Path(os.path.normpath(path)))
            elif kind == "file":
                what = "its name" if path.name != printable_bytes(path.name) else "the name of its folder"
                self._tell(f"{name}: {what} is not UTF-8, so no experiment can name it; rename it")
            elif kind:
                self._tell(f"{name} is no file with rows")
            else:
                gone = path if is_dir(path.parent) else path.parent
                name = printable(gone.name or str(gone))
                self._tell(f"there is no {name}" + (" any more" if self._listed_has(path) else ""))
                self._read(self._meant.folder)

        in_background(self, work, done, self._tell)

    def _listed_has(self, path: Path) -> bool:
        listed = self._listed
        return listed is not None and any(listed.path / entry.name == path for entry in listed.entries)

    def _tell(self, problem: str) -> None:
        self._problem = problem
        self._show_note()

    def _go(self, folder: Path, arriving: str = "") -> None:
        """Into a folder; the line is empty then."""
        self._here = Path(os.path.normpath(folder))
        self._meant, self._problem, self._arriving = Typed(self._here, "", path=False), "", arriving
        line = self.query_one(PathLine)
        with line.prevent(Input.Changed):
            line.value = ""
        self._read(self._here)

    @on(PathLine.Parent)
    def _to_parent(self) -> None:
        if self._here.parent != self._here:
            self._go(self._here.parent, arriving=self._here.name)

    @on(PathLine.Into)
    def _into_folder(self) -> None:
        entry = self.query_one(FileList).entry
        if entry is not None and entry.folder:
            self._go(self._meant.folder / entry.name)

    # Keys.

    def action_complete(self) -> None:
        entry = self.query_one(FileList).entry
        if entry is None:
            return
        line = self.query_one(PathLine)
        before = line.value[: line.value.rfind("/") + 1] if self._meant.path else ""
        line.value = before + entry.shown + "/" * entry.folder
        line.cursor_position = len(line.value)

    def action_everything(self) -> None:
        self._everything = not self._everything
        entry = self.query_one(FileList).entry
        self._arriving = entry.name if entry is not None else ""
        self._show()

    def action_move(self, rows: int) -> None:
        self.query_one(FileList).action_move(rows)

    def action_page(self, pages: int) -> None:
        self.query_one(FileList).action_page(pages)

    def action_end(self, last: bool) -> None:
        self.query_one(FileList).action_end(last)

    def action_back(self) -> None:
        line = self.query_one(PathLine)
        if line.value:
            line.value = ""
        else:
            self.dismiss(None)


def _how_many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def printable_bytes(name: str) -> str:
    """`name`, where all of it is UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8", "replace")


def _folder_of(chosen: Path | None) -> Path:
    """Where a file lies, if it is still there; else the current folder, else home."""
    if chosen is not None and is_dir(chosen.parent):
        return chosen.parent.absolute()
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return Path.home()
