"""What there is to say and to draw of an experiment, and of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tui.screens.start.page import Fact, Page
from tui.widgets.gauge import bar
from tui.widgets.states import COLORS, SYMBOLS
from tui.words.metrics import metric, metric_words
from tui.words.runs import best_epoch, progress, score, share
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.data.glimpse import Glimpse
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.figures.kinds import Figure
    from core.runs.summary import Summary
    from tui.screens.start.pictures import Eye

BAR = 30
"""Columns of the one that shows how far a run is."""
TALLEST = 24
"""Rows of a plot."""

Layers = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Known:
    """What was found of an experiment behind the screen; None: not yet, or nothing."""

    layers: Layers | None = None
    loaded: bool = False
    """Whether PyTorch is: without layers they are not known before the data is loaded."""
    shape: Sequence[int] | None = None
    data: Glimpse | None = None


@dataclass(frozen=True)
class Left:
    """What a run has left beside its summary."""

    figure: Figure | None = None
    title: str = ""
    layers: Layers = ()
    shape: Sequence[int] | None = None
    """Of one sample."""


# Of an experiment.


def experiment_page(
    name: str, teaches: str, needs: str, config: RunConfig | SearchConfig, known: Known, eye: Eye
) -> Page:
    """`needs`: what it takes before it can be trained, and how long it will."""
    from core.experiment.search import SearchConfig  # known by now, and too slow before the first paint
    from tui.words.config import describe, describe_search, layer_lines

    base = base_of(config)
    layers = known.layers
    unknown = "known when the data is loaded" if known.loaded else "… (PyTorch is loading)"
    parameters = unknown if layers is None else count(sum(each["parameters"] for each in layers))
    rows = describe_search(config) if isinstance(config, SearchConfig) else []
    rows = [*rows, *describe(base, parameters)]
    rest: list[Text | Fact] = [Fact(label, value) if label else Text(value) for label, value in rows]
    if layers:
        rest += [Text(), *(Text(line, no_wrap=True) for line in layer_lines(layers))]
    rest = [Text(config.summary), Text(), *rest]
    searched = [Text(rows[0][1])] if isinstance(config, SearchConfig) else []
    taught = [Text(teaches[:1].upper() + teaches[1:])] if teaches else []
    top = [Text(name, "bold"), *taught, Text(needs), *searched]

    about_network = f"{parameters} parameters" if layers else parameters
    about_data = base.component("dataset").summary.partition(": ")[2].rstrip(".")

    def network(width: int, height: int) -> list[Text]:
        from tui.charts.network import sketch, stages

        drawn = sketch(stages(layers or (), known.shape), width, height - 1, eye.look)
        return [_heading("Network", about_network), *drawn]

    def data(width: int, height: int) -> list[Text]:
        from tui.screens.start.pictures import data_picture

        drawn = [] if known.data is None else data_picture(known.data, width, height - 1, eye)
        return [_heading("Data", about_data), *drawn]

    return Page(top, ((0.45, network), (0.55, data)), rest)


def _heading(what: str, about: str) -> Text:
    return Text(no_wrap=True).append(what, "bold").append(f"  {about}")


def base_of(config: RunConfig | SearchConfig) -> RunConfig:
    """What the trials of a search share; a run's own."""
    from core.experiment.search import SearchConfig

    return config.base if isinstance(config, SearchConfig) else config


# Of a run.


def run_page(run: Summary, left: Left, eye: Eye) -> Page:
    from core.history.history import LIVE  # with NumPy: not before the first paint
    from tui.charts.digits import large
    from tui.screens.start.pictures import curves_picture

    state = f"{SYMBOLS.get(run.status, ' ')} {run.status}"
    reason = run.reason.removeprefix(f"{run.status} ") if run.reason != run.status else ""  # stopped: stopped by SIGINT
    top: list[Text | Fact] = [
        Text(run.name or run.run_id, "bold"),
        Text(state, COLORS.get(run.status, "")).append(f": {reason}" if reason else "", "default"),
    ]
    live = run.status in LIVE
    if live:
        top += [Text(f"{progress(run)}, {duration(run.seconds)}"), Text(bar(share(run), BAR), no_wrap=True)]
    found = score(run)
    if found is not None:
        name, value = found
        of = metric_words(name)
        if run.trials and run.best_trial is not None:
            of += f" of trial {run.best_trial}, the best of {count(run.trials)}"
        if run.best_by == name and run.best_value is not None and not run.trials:
            of += f", best {metric(name, run.best_value)} in epoch {count(run.best_epoch or 0)}"
        top += [Text(), *large(metric(name, value), 40, ascii=eye.look.ascii), Text(of)]
    measure = found[0].partition("_")[2] if found is not None else "loss"
    ends = "" if run.trials else f"epoch {count(run.epoch)}" if run.epoch else f"step {count(run.step)}"

    def loss(width: int, height: int) -> list[Text]:
        return curves_picture(run.curves, "loss", ends, width, min(height, TALLEST), eye)

    def measured(width: int, height: int) -> list[Text]:
        return [] if measure == "loss" else curves_picture(run.curves, measure, ends, width, min(height, TALLEST), eye)

    def figure(width: int, height: int) -> list[Text]:
        from tui.charts.network import sketch, stages

        if left.figure is None:
            return sketch(stages(left.layers, left.shape), width, height, eye.look)
        return [Text(left.title, "bold"), *_figure(left.figure, width, height - 1, eye)]

    return Page(top, ((0.3, loss), (0.3, measured), (0.4, figure)), _facts(run))


def _figure(figure: Figure, width: int, height: int, eye: Eye) -> list[Text]:
    from tui.charts.figure_text import draw

    return list(draw(figure, width, height, ascii=eye.look.ascii, colour=eye.look.colour).split("\n"))


def _facts(run: Summary) -> list[Text | Fact]:
    began = f"from {run.started[:16].replace('T', ' ')} UTC"
    rows: list[Text | Fact] = [
        Fact("Progress", f"{progress(run)}, step {count(run.step)}/{count(run.steps)}" if run.steps else progress(run)),
        Fact("Data", run.data),
        Fact("Network", run.model if run.trials else f"{run.model}, {count(run.parameters)} parameters"),
        Fact("Optimizer", run.optimizer + ("" if run.trials else f", lr {run.lr:g}")),
        Fact("Seed", str(run.seed)),
        Fact("Time", f"{duration(run.seconds)} in {run.sessions} session(s), {began}"),
        Fact("Run", run.run_id),
    ]
    if run.table and run.status == "completed" and not run.trials:
        rows.append(Fact("Ask it", f"nntui predict {run.run_id} --csv FILE"))
    rows.append(Text("\nThe best trial:" if run.trials and run.metrics else ""))
    rows += [Fact(metric_words(name), metric(name, value)) for name, value in run.metrics.items()]
    if run.best_by:
        rows.append(Fact("best epoch", best_epoch(run, last=True)))
    return rows
