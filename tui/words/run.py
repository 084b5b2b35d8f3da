"""A run in words: what `nntui show` prints."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import UserError
from core.events.events import RunStarted
from core.experiment.resolve import resolve
from core.experiment.schema import SECTIONS
from core.history.doctor import diagnose
from core.history.history import History
from core.history.trials import Trials
from core.logs.search import notes, results, title
from core.runs.summary import Summary
from tui.words import config
from tui.words.config import beside_dummy, layer_lines
from tui.words.metrics import metric
from tui.words.runs import best_epoch
from tui.words.units import count, duration, to_the_second


def describe(summary: Summary, history: History, path: str) -> Iterator[str]:
    """The lines of a short report: state, data, network, settings, metrics, files, what is wrong with it."""
    run = history.run
    if run is not None and history.trials is not None:
        yield from _search(summary, run, history, history.trials, path)
        return
    yield f"{summary.run_id}: {summary.status}" + (f" ({summary.reason})" if summary.reason else "")
    yield (
        f"  {summary.epoch} of {summary.epochs} epochs, {count(summary.step)} of {count(summary.steps)} steps, "
        f"{duration(summary.seconds)} of training in {summary.sessions} session(s), "
        f"started {to_the_second(summary.started)}"
    )
    if run is None:
        return
    sizes = ", ".join(f"{count(n)} {split}" for split, n in run.sizes.items())
    yield f"  Samples {sizes}; sha256 of the data {run.data_sha256[:16]}…"
    if parent := run.parent:
        step = f", step {count(parent['step'])}" if parent.get("step") is not None else ""
        yield f"  Started from {summary.parent}{step}: start.pt, sha256 {str(parent.get('sha256', ''))[:16]}…"
    yield ""
    for label, setting in _settings(run):
        yield f"  {label:13} {setting}"
    yield ""
    yield from (f"  {line}" for line in layer_lines(run.layers))
    yield ""
    yield f"  {'metric':22} {'last':>10} {'best':>10}  reached"
    for name, value in history.last.items():
        best = history.best.get(name)
        when = f"epoch {best.epoch}" if best else ""
        yield f"  {name:22} {metric(name, value):>10} {metric(name, best.value) if best else '–':>10}  {when}"
    if run.dummy:
        scores = ", ".join(f"{name} {metric(name, value)}" for name, value in run.dummy.items())
        yield f"  A dummy that always answers {run.dummy_answer}: {scores}"
    yield ""
    yield from _best_epoch(history, summary.run_id)
    yield f"  Saved in {path}"
    if summary.table and summary.status == "completed":
        yield f"  Ask it: nntui predict {summary.run_id} --csv FILE, or with the values of one row"
    findings = diagnose(history)
    if findings:
        yield ""
    yield from (f"  {finding.line}" for finding in findings)


def _best_epoch(history: History, run_id: str) -> Iterator[str]:
    """Which epoch was best and by what, beside the last one, and whose weights are kept where."""
    best, run = history.best_epoch, history.run
    if best is None or run is None:
        return
    values = f"{metric(best.by, best.value)}; last epoch {history.epoch}: {metric(best.by, best.last)}"
    yield f"  Best epoch {best.epoch} by {best.by}: {values}"
    if not history.model_path:
        return
    of_best = best.kept and history.model_step == best.epoch * run.steps_per_epoch
    if of_best and best.epoch < history.epoch:
        yield f"  Saved, and asked by nntui predict, is the network of epoch {best.epoch}"
    elif best.kept and not of_best:
        yield (
            f"  Saved are the network of the last epoch, as model.pt, and that of epoch {best.epoch}, as best.pt: "
            f"nntui predict {run_id} --best asks it"
        )


def _search(summary: Summary, run: RunStarted, history: History, trials: Trials, path: str) -> Iterator[str]:
    """Of a search: what is searched, how far it is, and its results."""
    yield f"{summary.run_id}: {summary.status}" + (f" ({summary.reason})" if summary.reason else "")
    if summary.doubt:
        yield f"  ! {summary.doubt}"
    yield f"  {title(trials)}"
    yield (
        f"  {trials.done} of {trials.total} trials, {duration(summary.seconds)} of training in {summary.sessions} "
        f"session(s), started {to_the_second(summary.started)}"
    )
    sizes = ", ".join(f"{count(n)} {split}" for split, n in run.sizes.items())
    yield f"  Samples {sizes}; sha256 of the data {run.data_sha256[:16]}…"
    yield from (f"  {line}".rstrip() for line in [*results(trials), *notes(trials, run.sizes)])
    beside = beside_dummy(history)
    if beside:
        yield ""
        yield f"  {beside[0].upper()}{beside[1:]}"
    if summary.best_by:
        yield f"  Of the best one, trial {summary.best_trial}, best epoch {best_epoch(summary, last=True)}"
    yield ""
    yield f"  Saved in {path}; show one network with: nntui show {summary.run_id}/NUMBER"


def _settings(run: RunStarted) -> list[tuple[str, str]]:
    """What was set, in words; less of it where this version does not know a component of the run."""
    settings = {**run.config, "device": run.config.get("device", "auto")}
    try:
        resolved = resolve(settings)
    except UserError:
        return [(kind.capitalize(), str(run.config.get(kind, {}))) for kind in SECTIONS]
    rows = config.describe(resolved, count(run.parameters))
    on = f", {run.threads} thread{'s' if run.threads != 1 else ''}" if run.threads and run.device == "cpu" else ""
    return [(label, f"{run.device}{on}" if label == "Device" else value) for label, value in rows]
