"""Going on with other settings: what was changed in a run's config.toml since its last session, or is with --set. What
steers training is taken, told and recorded; what would make the weights those of another run is refused."""

from __future__ import annotations

import contextlib
import json
import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from core.components.keys import as_text, flat
from core.components.plateau import ANEW
from core.errors import RunError, UserError
from core.events import codec
from core.events.events import BestModelSaved, SettingChanged
from core.experiment import resolve as experiment_resolve
from core.experiment.schema import SECTIONS, RunConfig
from core.history.history import History
from core.runs.folder import RunDir
from core.sessions import longer
from core.system.files import write_atomically
from core.training.state import TrainState

STEERING = ("optimizer.lr", "schedule.", "clip_grad_norm", "epochs", "iterations", "stop.", "evaluate.", "metrics")
BESIDES = ("name", "summary", "log", "predict", "device", "threads", "data_dir", "use")
"""What may change in a run that has begun; a dot at the end stands for all keys of a table. Beside that, where the
files of its dataset lie: their contents are compared."""

Changes: TypeAlias = dict[str, tuple[Any, Any]]
"""By key, before and after; None: no value."""


def read_config(run_dir: RunDir, history: History, settings: Sequence[tuple[str, str]]) -> RunConfig:
    """The config of the session to come: config.toml as it is now, with `settings` on top. Raises UserError, also where
    it is not the config of this run any more."""
    tables = with_own_copy(experiment_resolve.read(str(run_dir.config)), run_dir)
    edited = _refused(changes(history, experiment_resolve.resolve(tables)))
    if edited:
        key, (old, new) = edited
        raise RunError(
            f"{run_dir.config} says {key} = {_text(new)}, but the run was begun with {_text(old)}, and its weights "
            f"would be another run's; put it back, or start a new one: nntui run {shlex.quote(str(run_dir.config))}"
        )
    assert history.run is not None
    if history.run.config.get("iterations") and any(key == "epochs" for key, _value in settings):
        raise RunError(
            f"{run_dir.run_id} counts iterations, {history.run.config['iterations']:,} of them, not epochs; give more "
            f"with: nntui resume {run_dir.run_id} --set iterations={2 * int(history.run.config['iterations'])}"
        )
    resolved = experiment_resolve.resolve(tables, settings)
    asked = _refused(changes(history, resolved))
    if asked:
        key, (old, new) = asked
        setting = shlex.quote(f"{key}={_text(new)}")
        raise RunError(
            f"--set {key}: {_text(old)} cannot become {_text(new)} in a run that has begun, its weights would be "
            f"another run's; start a new one: nntui run {shlex.quote(str(run_dir.config))} --set {setting}"
        )
    return resolved


def with_own_copy(tables: dict[str, Any], run_dir: RunDir) -> dict[str, Any]:
    """What a run starts from as its log has it: wherever its folder lies now, the copy is beside its config."""
    own = tables.get("initial_weights") == str(run_dir.start.absolute())
    return {**tables, "initial_weights": run_dir.start.name} if own else tables


def changes(history: History, after: RunConfig, step: int | None = None) -> Changes:
    """What differs from the config that the run's log has told of so far; of the steps up to `step`, where it goes on
    from there."""
    told = history.configs.after(step, {})
    with contextlib.suppress(UserError):  # of a version that had other keys: as it stands
        told = experiment_resolve.resolve(told).to_dict()  # with the keys that have come since
    old, new = flat(told), flat(after.to_dict())
    return {key: (old.get(key), new.get(key)) for key in dict.fromkeys([*new, *old]) if old.get(key) != new.get(key)}


def check_search(run_dir: RunDir, history: History, now: Mapping[str, Any]) -> None:
    """Raise RunError where the config `now` of a search is not the one that its log began with: its cells would be
    others. Keys that have come since are not compared."""
    assert history.run is not None
    told, found = flat(history.run.config), flat(json.loads(json.dumps(now)))
    paths = {f"dataset.{key}" for each in SECTIONS["dataset"] for key in each.facts.get("paths", ())}
    for key, old in told.items():
        if found.get(key) != old and key not in paths and key not in BESIDES:
            where = shlex.quote(str(run_dir.config))
            raise RunError(
                f"{run_dir.config} says {key} = {_text(found.get(key))}, but the search was begun with {_text(old)}, "
                f"and its cells would be others; put it back, or start a new one: nntui run {where}"
            )


def lengthens(changed: Changes) -> bool:
    """Whether a run that is complete may have more to do."""
    return any(key in ("epochs", "iterations") or key.startswith("stop.") for key in changed)


def _refused(changed: Changes) -> tuple[str, tuple[Any, Any]] | None:
    paths = {f"dataset.{key}" for each in SECTIONS["dataset"] for key in each.facts.get("paths", ())}
    moved = set(changed) <= paths | {key for key in changed if _may_change(key)}
    return next(
        ((key, pair) for key, pair in changed.items() if not (_may_change(key) or (moved and key in paths))), None
    )


def _may_change(key: str) -> bool:
    return any(key == each or (each.endswith(".") and key.startswith(each)) for each in (*STEERING, *BESIDES))


def take(
    changed: Changes,
    run_dir: RunDir,
    run_config: RunConfig,
    state: TrainState,
    train: int,
    before: Mapping[str, Any] | None = None,
) -> list[str]:
    """Carry out `changed` on the state that was saved `before`, when that was the config: notes for the user. Raises
    RunError where nothing would be left to train."""
    steps = run_config.total_steps(train)
    for key in ("iterations", "epochs"):
        if key in changed and getattr(run_config, key) is not None:
            done = state.step if key == "iterations" else state.epoch
            if getattr(run_config, key) <= done or steps <= state.step:
                raise RunError(f"{key} = {getattr(run_config, key)}: {done} are over already; give more than that")
            break
    per_epoch = -(-train // run_config.batch_size)
    if state.step != state.epoch * per_epoch + state.batch and {"iterations", "epochs"} & set(changed):
        if run_config.schedule["name"] == "plateau":
            raise RunError(
                f"{run_dir.run_id} ended in the middle of an epoch, by which its schedule plateau has judged: it "
                f"cannot be made longer; start a new run: nntui run {shlex.quote(str(run_dir.config))}"
            )
        longer.rewind(state, run_dir, per_epoch, run_config.batch_size)
    if "optimizer.lr" in changed:
        state.base_lr = float(run_config.optimizer["lr"])
    if any(f"schedule.{key}" in changed for key in ANEW):
        state.plateau = type(state.plateau)(epoch=state.epoch)
    if any(key.startswith("stop.") for key in changed):
        state.stopping.reason = ""
    if "stop.monitor" in changed:
        state.stopping.best, state.stopping.best_epoch = float("nan"), 0
    if not changed:
        return []
    told = _without_lost_best(run_dir, state)
    same_schedule = not any(key.startswith("schedule.") for key in changed)
    if before and same_schedule and {"iterations", "epochs"} & set(changed):
        told += longer.notes(before, run_config, state, train)
    return told


def _without_lost_best(run_dir: RunDir, state: TrainState) -> list[str]:
    """Where best.pt is of an epoch after the checkpoint, that epoch will be another one now: nothing is better yet."""
    saved = _last_best(run_dir)
    if saved is None or saved <= state.epoch:
        return []
    state.stopping.best, state.stopping.best_epoch = float("nan"), 0
    run_dir.best.unlink(missing_ok=True)
    return [f"best.pt was of epoch {saved}, which is trained anew: the best epoch is looked for from there on"]


def _last_best(run_dir: RunDir) -> int | None:
    """The epoch of best.pt, whether or not that is still a part of the run."""
    found = None
    with run_dir.events.open("rb") as file:
        for line in file:
            if b'"BestModelSaved"' in line and isinstance(event := codec.decode(line), BestModelSaved):
                found = event.epoch
    return found


def told(changed: Changes, step: int) -> list[SettingChanged]:
    """As events."""
    return [SettingChanged(step=step, key=key, old=_told(old), new=_told(new)) for key, (old, new) in changed.items()]


def _told(value: Any) -> float | str:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _text(value)


def _text(value: Any) -> str:
    return "none" if value is None else as_text(value)


def keep(path: Path, run_config: RunConfig) -> None:
    """Write down what --set has changed: it holds for later sessions too. Raises RunError."""
    try:
        write_atomically(path, lambda file: file.write(run_config.to_toml().encode()))
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None


def spoilt_after(history: History) -> int | None:
    """Updates after which the weights of a run that diverged gave no finite loss; None for any other run."""
    if not diverged(history):
        return None
    return history.step if math.isfinite(history.last_loss) else history.step - 1


def diverged(history: History) -> bool:
    return history.state == "failed" and re.search("NaN|infinite", history.reason) is not None


def warnings(history: History, changed: Iterable[str], run_id: str, threads: int) -> list[str]:
    """What one should know before the run goes on."""
    found = []
    if diverged(history) and not set(changed):
        lower = as_text(float(f"{history.base_lr / 10:.3g}"))
        found.append(
            f"it failed before ({history.reason}), and with the same settings it will again; stop it and change one: "
            f"nntui resume {run_id} --set optimizer.lr={lower}"
        )
    return [*found, *other_threads(history, threads)]


def other_threads(history: History, threads: int) -> list[str]:
    """What to know where PyTorch computes on another number of threads than in the session before, of one network or of
    a search."""
    if history.threads in (0, threads):
        return []
    return [
        f"PyTorch computes on {threads} thread{'s' if threads != 1 else ''} now, it was {history.threads} before: "
        f"what follows may differ in the last bits; OMP_NUM_THREADS={history.threads} makes it the same"
    ]
