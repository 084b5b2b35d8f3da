"""`inputs.json`: what a run's network takes, kept beside its weights."""

from __future__ import annotations

import json

from core.data.inputs import Inputs
from core.errors import RunError
from core.runs.folder import RunDir
from core.system.files import write_atomically


def inputs_text(inputs: Inputs) -> str:
    """What `read_inputs` reads."""
    return json.dumps(inputs.to_dict(), ensure_ascii=False)


def write_inputs(run_dir: RunDir, inputs: Inputs) -> None:
    text = inputs_text(inputs)
    write_atomically(run_dir.inputs, lambda file: file.write(text.encode()))


def read_inputs(run_dir: RunDir) -> Inputs:
    """Raises RunError."""
    try:
        return Inputs.from_dict(json.loads(run_dir.inputs.read_text(encoding="utf-8")))
    except OSError as error:
        raise RunError(f"cannot read {run_dir.inputs}: {error.strerror or error}") from None
    except ValueError:
        raise RunError(f"{run_dir.inputs} is damaged; without it raw values cannot be turned into inputs") from None
