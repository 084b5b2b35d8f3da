"""A run in words: what `nntui show` prints."""

from __future__ import annotations

from collections.abc import Iterator

from core.doctor import diagnose
from core.events import RunStarted
from core.history import History
from core.search_log import notes, results, title
from core.summary import Summary
from core.trials import Trials
from tui.units import count, duration, metric
from tui.words import describe as describe_config
from tui.words import layer_lines


def describe(summary: Summary, history: History, path: str) -> Iterator[str]:
    """The lines of a short report: state, data, network, settings, metrics, files, what is wrong with it."""
    run = history.run
    if run is not None and history.trials is not None:
        yield from _search(summary, run, history.trials, path)
        return
    yield f"{summary.run_id}: {summary.status}" + (f" ({summary.reason})" if summary.reason else "")
    yield (
        f"  {summary.epoch} of {summary.epochs} epochs, {count(summary.step)} of {count(summary.steps)} steps, "
        + (f"{duration(summary.seconds)} of training in {summary.sessions} session(s), started {summary.started}")
    )
    if run is None:
        return
    sizes = ", ".join(f"{count(n)} {split}" for split, n in run.sizes.items())
    yield f"  Samples {sizes}; sha256 of the data {run.data_sha256[:16]}…"
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
    yield ""
    yield f"  Saved in {path}"
    if summary.table and summary.status == "completed":
        yield f"  Ask it: nntui predict {summary.run_id} --csv FILE, or with the values of one row"
    findings = diagnose(history)
    if findings:
        yield ""
    yield from (f"  {finding.kind}: {finding.evidence}; {finding.advice}" for finding in findings)


def _search(summary: Summary, run: RunStarted, trials: Trials, path: str) -> Iterator[str]:
    """Of a search: what is searched, how far it is, and its results."""
    yield f"{summary.run_id}: {summary.status}" + (f" ({summary.reason})" if summary.reason else "")
    yield f"  {title(trials)}"
    yield (
        f"  {trials.done} of {trials.total} trials, {duration(summary.seconds)} of training in {summary.sessions} "
        f"session(s), started {summary.started}"
    )
    sizes = ", ".join(f"{count(n)} {split}" for split, n in run.sizes.items())
    yield f"  Samples {sizes}; sha256 of the data {run.data_sha256[:16]}…"
    yield from (f"  {line}".rstrip() for line in [*results(trials), *notes(trials, run.sizes)])
    yield ""
    yield f"  Saved in {path}; show one network with: nntui show {summary.run_id}/NUMBER"


def _settings(run: RunStarted) -> list[tuple[str, str]]:
    """What was set, in words; less of it where this version does not know a component of the run."""
    from core import config
    from core.errors import UserError

    settings = {**run.config, "device": run.config.get("device", "auto")}
    try:
        resolved = config.resolve(settings)
    except UserError:
        return [(kind.capitalize(), str(run.config.get(kind, {}))) for kind in config.SECTIONS]
    rows = describe_config(resolved, count(run.parameters))
    return [(label, run.device if label == "Device" else value) for label, value in rows]
