"""About: what the highlighted experiment will do, or what has become of the highlighted run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from core.system.files import is_file
from tui.screens.start.facts import Facts
from tui.widgets.states import SYMBOLS
from tui.words.metrics import metric, metric_words
from tui.words.runs import best_epoch
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.summary import Summary


class About(VerticalScroll):
    """Show it one after the other."""

    def compose(self) -> ComposeResult:
        yield Facts(markup=False)

    def show_experiment(
        self, name: str, config: RunConfig | SearchConfig, layers: list[dict[str, Any]] | None, data_dir: Path
    ) -> None:
        """`layers`: of its network, if they are known yet; `data_dir`: where its files have to be."""
        from core.experiment.search import SearchConfig  # known by now, and too slow before the first paint
        from tui.words.config import describe, describe_search, layer_lines

        base = base_of(config)
        parameters = "… (PyTorch is loading)" if layers is None else count(sum(each["parameters"] for each in layers))
        rows = [("", config.summary), ("", "")]
        if any(not is_file(data_dir / file) for file in base.component("dataset").facts.get("files", ())):
            dataset = base.dataset["name"]
            where = f"Its files are not in {data_dir}: nntui data fetch {dataset}, or start with --data-dir DIR."
            rows += [("", where), ("", "")]
        if isinstance(config, SearchConfig):
            rows += describe_search(config)
        rows += describe(base, parameters)
        self.query_one(Facts).show(rows, heading=name, table=layer_lines(layers) if layers else ())

    def show_run(self, run: Summary) -> None:
        progress = f"epoch {count(run.epoch)}/{count(run.epochs)}, step {count(run.step)}/{count(run.steps)}"
        if run.trials:
            progress = f"{count(run.trials_ended)} of {count(run.trials)} trials"
        began = f"from {run.started[:16].replace('T', ' ')} UTC"
        rows = [
            ("State", f"{SYMBOLS.get(run.status, ' ')} {run.status}" + (f": {run.reason}" if run.reason else "")),
            ("Progress", progress),
            ("Data", run.data),
            ("Network", run.model if run.trials else f"{run.model}, {count(run.parameters)} parameters"),
            ("Optimizer", run.optimizer + ("" if run.trials else f", lr {run.lr:g}")),
            ("Seed", str(run.seed)),
            ("Time", f"{duration(run.seconds)} in {run.sessions} session(s), {began}"),
            ("", ""),
        ]
        if run.table and run.status == "completed" and not run.trials:
            rows[-1:] = [("Ask it", f"nntui predict {run.run_id} --csv FILE"), ("", "")]
        if run.trials and run.metrics:
            rows.append(("", "The best trial:"))
        rows += [(metric_words(name), metric(name, value)) for name, value in run.metrics.items()]
        if run.best_by:
            rows.append(("best epoch", best_epoch(run, last=True)))
        self.query_one(Facts).show(rows, heading=run.run_id)


def base_of(config: RunConfig | SearchConfig) -> RunConfig:
    """What the trials of a search share; a run's own."""
    from core.experiment.search import SearchConfig

    return config.base if isinstance(config, SearchConfig) else config
