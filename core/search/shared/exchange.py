"""What a worker hands in, and what it gets back for it."""

from __future__ import annotations

from optuna.trial import TrialState

STATES = {"completed": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
