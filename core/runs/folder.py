"""A run on disk: its folder, its event log (the only source of truth), and how runs are found again."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import re
import secrets
import shutil
from datetime import datetime
from pathlib import Path

from core.errors import RunError
from core.system.files import is_file


def slug(name: str, limit: int = 40) -> str:
    """`name` as part of a folder name: letters of any script, digits, dots and hyphens, at most `limit` of them."""
    words = re.sub(r"[^\w.]+", "-", name, flags=re.UNICODE).strip("-._")
    return words[:limit].strip("-._") or "run"


@dataclasses.dataclass(frozen=True)
class RunDir:
    """The folder of one run."""

    path: Path

    @property
    def run_id(self) -> str:
        """Its folder's name; for a trial of a search `<run-id>/<number>`."""
        return f"{self.home.name}/{self.path.name}" if self.home != self.path else self.path.name

    @property
    def home(self) -> Path:
        """Its folder; for a trial of a search that of the search. A models folder may be named `trials` as well."""
        folder = self.path.absolute().parent
        of_search = folder.name == "trials" and self.path.name.isdigit() and is_file(folder.parent / "events.jsonl")
        return folder.parent if of_search else self.path

    @property
    def is_one(self) -> bool:
        """Whether it has more of a run than a config.toml, as a part of one or a trial that was copied has."""
        parts = (self.events, self.inputs, self.model, self.best, self.checkpoint, self.data)
        return self.home != self.path or any(is_file(part) for part in parts)

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def model(self) -> Path:
        return self.path / "model.pt"

    @property
    def best(self) -> Path:
        return self.path / "best.pt"

    @property
    def start(self) -> Path:
        """The weights that it started from, where those were not drawn."""
        return self.path / "start.pt"

    @property
    def inputs(self) -> Path:
        return self.path / "inputs.json"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def results(self) -> Path:
        """Of a search: one row for each trial."""
        return self.path / "results.csv"

    @property
    def data(self) -> Path:
        """Of a trial: the sizes of its splits and the fingerprint of its data."""
        return self.path / "data.json"

    def trial(self, number: int) -> RunDir:
        """The folder of a trial of this search."""
        return RunDir(self.path / "trials" / str(number))

    @property
    def figures(self) -> Path:
        """A folder; not there where the run has no figures."""
        return self.path / "figures"

    @classmethod
    def create(cls, root: Path, name: str, config_toml: str, at: datetime | None = None) -> RunDir:
        """A new folder with its config, of a run that begins `at` that local time, else now. Raises RunError; then
        nothing is left behind."""
        stamp = (at or datetime.now()).strftime("%Y%m%d-%H%M%S")
        path = root / f"{stamp}-{slug(name)}-{secrets.token_hex(2)}"
        made_root, made = not root.exists(), False
        try:
            path.mkdir(parents=True)
            made = True
            RunDir(path).config.write_text(config_toml, encoding="utf-8")
        except (OSError, UnicodeEncodeError) as error:
            if made:  # else it may be another run of the same second
                shutil.rmtree(path, ignore_errors=True)
            if made_root:
                with contextlib.suppress(OSError):  # not empty, or never made
                    root.rmdir()
            raise RunError(
                f"cannot write to the models folder {root}: {getattr(error, 'strerror', None) or error}; "
                "choose another with --models-dir or NNTUI_MODELS_DIR"
            ) from None
        return cls(path)

    @property
    def live(self) -> bool:
        """Whether some process is in a session of this run."""
        try:
            with self.events.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False
