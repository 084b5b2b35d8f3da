"""Beside: what the settings of the form mean: what differs, what it costs, the network, the data. Looked at behind the
screen once nothing has changed for a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widgets import Static

from core.experiment.draft import Draft
from core.experiment.facts import facts_of
from core.experiment.rules import warnings
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig, run_of
from tui.charts.ink import Look as Ink
from tui.charts.network import sketch, stages
from tui.live.background import in_background
from tui.live.looker import Look, Looker
from tui.live.trainer import Trainer
from tui.system.terminal import plot_marker
from tui.words import dataset, experiment

Experiment: TypeAlias = RunConfig | SearchConfig

SETTLED = 0.4
"""Seconds without a change after which data, network and time are looked at."""
WIDEST, HIGHEST = 76, 13
"""Columns and rows of the network's sketch, at most."""
VIEWS = {"cost": "Cost", "network": "Network", "changes": "Changes", "data": "Data", "layers": "Layers"}


class Beside(VerticalScroll, can_focus=False):
    """`show` it a draft after every change."""

    def __init__(self, trainer: Trainer, draft: Draft, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._trainer = trainer
        self._looker = Looker(trainer)
        self._draft = draft
        self.look: Look | None = None
        """What was found last; it may be of settings that have changed since."""
        self._measuring = False
        self._settling: Timer | None = None
        self._shown: dict[str, Text] = {}

    def compose(self) -> ComposeResult:
        for view, heading in VIEWS.items():
            yield Static(heading, classes="heading", id=f"{view}-heading", markup=False)
            yield Static(id=view, markup=False)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._measure)

    # Showing.

    def show(self, draft: Draft) -> None:
        """These settings from now on."""
        self._draft = draft
        if draft.config is None and self.look is not None and not self._is_of_these(self.look):
            self.look = None
        self.paint()
        self._looker.cancel()
        if self._settling is not None:
            self._settling.stop()
        if draft.config is not None:
            self._settling = self.set_timer(SETTLED, self._look_at_it)

    def _is_of_these(self, look: Look) -> bool:
        """Whether data and network are still of this kind: what is being typed need not be right yet."""
        run = run_of(look.config)
        return all(getattr(run, kind)["name"] == self._draft.text(f"{kind}.name") for kind in ("dataset", "model"))

    def forget(self) -> None:
        """What was found is of another experiment."""
        self.look = None

    def close(self) -> None:
        """No more looks."""
        self._looker.close()
        self.forget()

    def paint(self) -> None:
        """As wide as there is room for."""
        draft, look = self._draft, self.look
        width = max(20, self.size.width - 3)
        latest = draft.config
        if latest is None:
            note = "not before all is right: ✗"
        elif self._trainer.busy:
            note = f"no trial while {self._trainer.title} trains"
        else:
            note = "… (a short trial)" if look is None or not look.refusal else "–"
        self._fill("changes", experiment.changes(draft.changes, draft.base.name))
        config_shown = latest or draft.base
        self._fill("cost", experiment.cost(look.cost if look and latest else None, config_shown, note))
        wait = ["…"] if latest else ["–"]
        self._fill("network", self._network(look, width, run_of(config_shown)) if look else wait)
        self._fill("layers", experiment.network(look.layers, width) if look else wait)
        if look is None:
            self._fill("data", wait)
        elif look.preview is None:
            self._fill("data", [f"✗ {look.refusal}" if look.refusal else "…"])
        else:
            notes = [*(look.data.notes if look.data else ()), *warnings(run_of(config_shown))]
            self._fill(
                "data",
                [
                    *experiment.notes(notes, width),
                    *dataset.beside(look.preview, width, ascii_only=plot_marker() == "."),
                ],
            )
        self.query_one("#data").set_class(look is not None and look.preview is None, "refused")

    def _network(self, look: Look, width: int, config: RunConfig) -> list[str | Text]:
        if look.layers is None:
            return ["–"]
        shape = look.data.facts.shape if look.data else facts_of(config).shape
        way = stages(look.layers, shape)
        drawn = sketch(way, min(width, WIDEST), min(HIGHEST, max(6, self.size.height // 2)), self._ink)
        return [*drawn, *experiment.weights(look.layers, look.parameters, width)]

    @property
    def _ink(self) -> Ink:
        plain = plot_marker() == "."
        colours = self.app.console.color_system in ("256", "truecolor") and not self.app.no_color
        return Ink(plain, colours and not plain)

    def _fill(self, view: str, lines: Sequence[str | Text]) -> None:
        text = Text("\n").join(line if isinstance(line, Text) else Text(line) for line in lines)
        if self._shown.get(view) != text:
            self._shown[view] = text
            self.query_one(f"#{view}", Static).update(text)

    def next_view(self) -> None:
        """Scroll to the next heading, from the last one to the first."""
        tops = [self.query_one(f"#{view}-heading").virtual_region.y for view in VIEWS]
        below = [top for top in tops if top > self.scroll_y and self.scroll_y < self.max_scroll_y]
        self.scroll_to(y=below[0] if below else 0, animate=False)

    def scroll_pages(self, pages: int) -> None:
        self.scroll_relative(y=pages * max(1, self.size.height - 2), animate=False)

    # Looking.

    @property
    def measured(self) -> bool:
        """Whether all is told that there is to be found."""
        return self.look is not None and self.look.cost is not None

    def _look_at_it(self) -> None:
        wanted = self._draft.config
        if wanted is None:
            return

        def done(look: Look | None) -> None:
            if look is not None and self._draft.config == wanted:
                self.look = look
                self.paint()
                self._measure()

        in_background(self, lambda: self._looker.look(wanted), done)

    def _measure(self) -> None:
        """A trial for the cost, unless it is known, or being measured, or something trains; asked again and again."""
        look = self.look
        if look is None or look.cost or look.refusal or self._measuring or self._trainer.busy:
            return
        self._measuring = True

        def done(measured: Look | None) -> None:
            self._measuring = False
            if measured is not None and self._draft.config == measured.config:
                self.look = measured
                self.paint()

        def failed(reason: str) -> None:
            done(replace(look, refusal=reason))

        in_background(self, lambda: self._looker.with_cost(look), done, failed)

    def look_first(self, wanted: Experiment, go: Callable[[Experiment], None]) -> None:
        """`go` with these settings, unless their data cannot be read: that is told here, where it can be changed."""

        def looked(look: Look | None) -> None:
            if look is None or self._draft.config != wanted:  # it was changed meanwhile
                return
            if look.refusal and look.preview is None:
                self.look = look
                self.paint()
                self.notify(look.refusal, severity="error", markup=False)
            else:
                go(wanted)

        in_background(self, lambda: self._looker.look(wanted), looked)
