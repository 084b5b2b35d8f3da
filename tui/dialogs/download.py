"""Asks for the files that a dataset lacks, fetches them with a bar, and can be left at any time."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import common
from tui.keys.action import bindings
from tui.live.download import Downloader, Lacking
from tui.widgets.footer import Keys
from tui.widgets.gauge import Gauge
from tui.words.units import duration, size


class DownloadDialog(ModalScreen[bool]):
    """Ends with True when the files are there."""

    CSS_PATH = "dialogs.tcss"
    ACTIONS = common.DOWNLOAD
    BINDINGS = bindings(common.DOWNLOAD)

    def __init__(self, who: str, lacking: Lacking, *, at_once: bool = False) -> None:
        """`who` needs them; `at_once`: without asking first."""
        super().__init__()
        self._who, self._lacking, self._at_once = who, lacking, at_once
        self._downloader: Downloader | None = None
        self._said = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog"):
            yield Static(self._question, id="question", markup=False)
            yield Gauge()
            yield Static(id="bytes", markup=False)
        yield Keys()

    @property
    def _question(self) -> Text:
        download, data_dir = self._lacking.download, self._lacking.data_dir
        text = Text(f"{self._who} needs the files of {self._lacking.dataset}, which are not here.\n\n", "bold")
        size_of = f", {size(download.size)}" if download.size else ""
        text.append(f"{len(download.files)} files{size_of}, checked by their hashes,\n", "not bold")
        return text.append(f"go into {data_dir / download.folder}", "not bold")

    def on_mount(self) -> None:
        self.query_one(Gauge).display = False
        self.set_interval(0.25, self._look)
        if self._at_once:
            self.action_begin()

    def on_unmount(self) -> None:
        if self._downloader is not None:
            self._downloader.stop()  # it has time to put away what it had begun, as long as bytes come

    def _look(self) -> None:
        loader = self._downloader
        if loader is None:
            return
        if not loader.over:
            self.query_one(Gauge).show(loader.done / loader.total if loader.total else 0.0)
            self._say(
                f"{loader.file or 'asking the server'}\n{size(loader.done)} of {size(loader.total)}, "
                f"{size(loader.per_second)}/s, {duration(loader.seconds_left)} left"
            )
        elif not loader.refusal:
            self.dismiss(True)
        else:
            self._downloader = None
            self.query_one(Gauge).display = False
            self.query_one("#question").display = False  # all of it is in the reason
            self._say(f"✗ {loader.refusal}\n\nEnter tries again.")
            self.refresh_bindings()

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self.query_one("#bytes", Static).update(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "begin" or self._downloader is None

    def action_begin(self) -> None:
        self._downloader = Downloader(self._lacking)
        self._downloader.start()
        self.query_one(Gauge).display = self.query_one("#question").display = True
        self._look()
        self.refresh_bindings()

    def action_leave(self) -> None:
        self.dismiss(False)
