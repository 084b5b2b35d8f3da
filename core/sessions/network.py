"""A session: one stretch of training of one run, from `start` or `resume` to its RunEnded.

Here `fit` meets the run's folder, wrapped in all that is kept there: checkpoints at epoch ends (at most one a second)
and on stop, the best weights and the last ones, now and then the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.data import saved_inputs
from core.data.parts import Data
from core.data.prepare import load_data
from core.events.commands import Turns
from core.events.events import Event
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.history.history import History
from core.network.build import pick_device
from core.runs.folder import RunDir
from core.sessions import branch
from core.sessions.folders import held, new_folder
from core.sessions.pictures import Pictures, with_pictures
from core.sessions.reopen import reopen
from core.sessions.run import Recorder
from core.sessions.savers import Checkpoints, checkpointed, with_best, with_model, with_predictions
from core.sessions.session import Session, make_session
from core.sessions.started import run_started
from core.sessions.turns import opening, ready
from core.training import threads
from core.training.fit import fit
from core.training.state import TrainState


def start(run_config: RunConfig, root: Path, argv: Sequence[str] = (), recorders: Sequence[Recorder] = ()) -> Session:
    """Load the data, build the network, make the run's folder. `recorders` see every event once it is in the log.

    Raises UserError before anything is written.
    """
    data = load_data(run_config, pick_device(run_config.device))
    run_config = fitted_to(run_config, data.facts)
    state = TrainState.new(run_config, data)
    begun = branch.begin(run_config, root, state.model, data)
    if begun:
        run_config = run_config.model_copy(update={"initial_weights": branch.COPY})
    choice = threads.choose(run_config, state, data)
    state.threads, state.step_limit = choice.threads, choice.limit
    if choice.tried:  # another time it might come out otherwise
        run_config = run_config.model_copy(update={"threads": choice.threads})
    with new_folder(root, run_config.name, run_config.to_toml()) as run_dir, held(run_dir) as log:
        saved_inputs.write_inputs(run_dir, data.inputs)
        if begun:
            begun.keep(run_dir)
        first = run_started(run_dir, run_config, state, data, argv, begun)
        stream = session_stream(run_config, state, data, run_dir, [first])
        return make_session(run_dir, stream, History(), recorders, log)


def resume(
    run_dir: RunDir,
    data_dir: str | None = None,
    recorders: Sequence[Recorder] = (),
    settings: Sequence[tuple[str, str]] = (),
) -> Session:
    """A new session that continues an ended run from its checkpoint, bit for bit; from its beginning where it was cut
    off before the first one.

    `data_dir` overrides the folder that the run recorded; `settings` are KEY and VALUE that hold from here on, as does
    what was changed in its config.toml. Raises UserError when it cannot be continued.
    """
    with held(run_dir) as log:
        opened = reopen(run_dir, data_dir, settings)
        if opened.history.run is None:
            log.clear()
        stream = session_stream(opened.config, opened.state, opened.data, run_dir, opened.firsts)
        return make_session(run_dir, stream, opened.history, recorders, log)


def session_stream(
    run_config: RunConfig, state: TrainState, data: Data, run_dir: RunDir, firsts: Sequence[Event]
) -> Turns:
    """`fit` with its files: each checkpoint and the weights, told as events like all else, after `firsts`."""
    changed = len(firsts) > 1  # settings, since the latest checkpoint
    stream = checkpointed(_trained(run_config, state, data), Checkpoints(run_config, state, run_dir, stale=changed))
    stream = with_best(stream, run_config, state, run_dir)
    stream = with_model(stream, state, run_dir)
    stream = with_predictions(stream, run_config, state, run_dir)
    stream = with_pictures(stream, Pictures(run_config, state, data, run_dir))
    return opening(firsts, stream)


def _trained(run_config: RunConfig, state: TrainState, data: Data) -> Turns:
    """`fit`; complete too where it was stopped when nothing was left to do."""
    complete = yield from ready(fit(run_config, state, data), state)
    return state.stopping.reason if complete is None and state.over(run_config) else complete
