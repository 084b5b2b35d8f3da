"""Optuna's own tables, which a shared search is kept in so that its tools can read it. They are private to Optuna: this
is the only module that imports them, and pyproject.toml holds Optuna to the minor version that they are known of."""

from __future__ import annotations

from optuna.storages._rdb import models
from optuna.trial import TrialState

STUDIES = models.StudyModel.__table__
DIRECTIONS = models.StudyDirectionModel.__table__
STUDY_ATTRIBUTES = models.StudyUserAttributeModel.__table__
TRIALS = models.TrialModel.__table__
ATTRIBUTES = models.TrialUserAttributeModel.__table__
PARAMS = models.TrialParamModel.__table__
VALUES = models.TrialValueModel.__table__
HEARTBEATS = models.TrialHeartbeatModel.__table__

UNFINISHED = (TrialState.WAITING, TrialState.RUNNING)
STATES = {"completed": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
"""How a trial ended, as Optuna calls it."""

stored_value = models.TrialValueModel.value_to_stored_repr
"""(value, its type) of a score that is no NaN, as the columns of VALUES hold it."""
