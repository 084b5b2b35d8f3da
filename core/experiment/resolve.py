"""From the tables of a TOML file to a checked RunConfig: defaults filled in, `--set` on top, paths found."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import (
    ValidationError,
)

from core import presets
from core.components.explain import explain
from core.components.keys import flat
from core.datasets import DATASETS
from core.errors import ConfigError, first_line
from core.experiment import named
from core.experiment.rules import completed
from core.experiment.schema import SECTIONS, RunConfig
from core.experiment.settings import apply, check_given, no_key
from core.presets import preset_names
from core.runs.folder import RunDir
from core.system.files import is_dir, is_file
from core.system.folders import user_path


def load(experiment: str, settings: Iterable[tuple[str, str]] = (), *, by_hand: bool = False) -> RunConfig:
    """The config of a preset name or a TOML file, with `KEY=VALUE` settings on top.

    Raises ConfigError in one line for an experiment, key or value that cannot be used.
    """
    return resolve(read(experiment, by_hand=by_hand), settings)


def read(experiment: str, *, by_hand: bool = False) -> dict[str, Any]:
    """The tables of a preset or TOML file as they stand there, unchecked, but for paths of files: a relative one
    is relative to the file it stands in. The components that it uses are loaded: `by_hand` says that the user has
    named this very file, and with it those; of a run's own config.toml they have to be known."""
    tables, path = tables_of(experiment)
    paths = paths_of_use(tables, path)
    if paths:
        _have(paths, path, by_hand=by_hand)
        tables["use"] = paths
    _find_beside(path, tables)  # its dataset may be among them
    weights = tables.get("initial_weights")
    if isinstance(weights, str) and weights and is_weights_file(beside := _beside(path, weights)):
        tables["initial_weights"] = beside
    return tables


def is_weights_file(text: str) -> bool:
    """Whether the key initial_weights names a file by `text`, and no run."""
    return text.endswith((".pt", ".pth", ".bin", ".ckpt")) or is_file(text)


def _have(paths: list[str], experiment: Path, *, by_hand: bool) -> None:
    """Load the components of these files, which an experiment file names."""
    folder = experiment.absolute().parent
    copies = (
        folder / "components"
    )  # of a run that was killed before it wrote more; a user's own file may name some there
    kept = is_dir(copies) and not any(Path(path).is_relative_to(copies) for path in paths)
    of_a_run = experiment.name == "config.toml" and (RunDir(folder).is_one or kept)
    if by_hand and not of_a_run:
        named.use(paths)
    else:
        named.for_tables(paths, folder if of_a_run else None)


def tables_of(experiment: str) -> tuple[dict[str, Any], Path]:
    """The tables of a preset or TOML file, and where that lies. Loads no components."""
    path = presets.FOLDER / f"{experiment}.toml"
    if experiment not in preset_names():
        try:
            path = Path(experiment).expanduser()
            plausible = path.suffix == ".toml" or path.is_file()
        except (OSError, RuntimeError, ValueError):  # too long, no such home folder, a null byte
            plausible = False
        if not plausible:
            close = difflib.get_close_matches(experiment, preset_names(), n=1)
            raise ConfigError(
                f"no experiment named {experiment!r}: neither a preset ({', '.join(preset_names())}) nor a TOML file"
                + (f"; did you mean {close[0]}?" if close else "")
            )
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # editors on Windows begin it with a mark
    except OSError as error:
        raise ConfigError(f"cannot read the experiment {experiment!r}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, nested without end, or a null byte in the name
        raise ConfigError(f"{experiment} is not a TOML file: {first_line(error)}") from None
    tables.setdefault("name", path.stem)
    return tables, path


def paths_of_use(tables: Mapping[str, Any], experiment: Path) -> list[str]:
    """The files that an experiment file says it uses, absolute. Raises ConfigError."""
    given = tables.get("use", [])
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        raise ConfigError(f'{experiment}: use must be a list of Python files, as use = ["my_net.py"]')
    return [_beside(experiment, each) for each in given]


def _find_beside(experiment: Path, tables: dict[str, Any]) -> None:
    """Complete the paths of data files in the tables of the file `experiment`, so that it works from any folder."""
    dataset = tables.get("dataset")
    name = dataset.get("name") if isinstance(dataset, dict) else None
    if not isinstance(dataset, dict) or not isinstance(name, str):
        return  # refused later on
    try:
        component = DATASETS[name]
    except ValueError:
        return
    for key in component.facts.get("paths", ()):
        if isinstance(dataset.get(key), str) and dataset[key]:
            dataset[key] = _beside(experiment, dataset[key])
        elif isinstance(dataset.get(key), list):  # an axis
            dataset[key] = [_beside(experiment, path) if isinstance(path, str) else path for path in dataset[key]]


def _beside(experiment: Path, path: str) -> str:
    return str(experiment.absolute().parent / user_path(path)) if path else path


def resolve(tables: Mapping[str, Any], settings: Iterable[tuple[str, str]] = ()) -> RunConfig:
    """Check and complete `tables` with `settings` applied. Raises ConfigError.

    The values of `tables` have the types of TOML (True is no number, a text is none either); settings are text.
    """
    tables = {key: dict(value) if isinstance(value, dict) else value for key, value in tables.items()}
    settings = list(settings)
    given = {key for key, _text in settings}
    check_given(given)
    # A component's name comes before its hyperparameters, in whatever order they were given.
    for key, text in sorted(settings, key=lambda setting: not setting[0].endswith(".name")):
        apply(tables, key, text, given)
    try:
        found = RunConfig.model_validate_json(_as_json(tables), strict=True)
    except ValidationError as error:
        for each in error.errors():
            if each["type"] == "extra_forbidden":
                raise ConfigError(no_key(".".join(str(part) for part in each["loc"]), tables)) from None
        first = error.errors()[0]
        if first["type"] == "missing" and first["loc"][0] in SECTIONS:
            kind = str(first["loc"][0])
            choices = ", ".join(SECTIONS[kind].names)
            raise ConfigError(f"{kind} is missing; choose {kind}.name from {choices}") from None
        raise ConfigError(explain(error, RunConfig)) from None
    needed = named.used(found.to_dict())
    return completed(found.model_copy(update={"use": needed or None}))


def _as_json(tables: Mapping[str, Any]) -> str:
    """Raises ConfigError for a date or a time, which TOML has and no key takes."""
    for key, value in flat(tables).items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            shown = value.isoformat() if hasattr(value, "isoformat") else "a list"
            raise ConfigError(f"{key} = {shown}: must be text, a number, true, false or a list of these") from None
    return json.dumps(tables)
