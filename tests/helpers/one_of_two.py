"""A process that works on a models folder beside another one. A line of JSON tells it the folder, its name and what to
do; it answers with a line of what it has done, as far as nothing was refused."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import RunError, WriteError
from core.events.events import RunEnded, RunResumed, RunStarted
from core.runs import catalogue, labels, trash
from core.runs.event_log import EventLog
from core.runs.folder import RunDir

STARTED = RunStarted(
    run_id="",
    config={"name": "toy", "epochs": 1},
    parameters=1,
    layers=[],
    steps_per_epoch=1,
    sizes={"train": 1},
    data_sha256="",
    device="cpu",
    versions={},
    host="",
    git_commit=None,
    argv=[],
    seed=0,
    started="2026-01-01T12:00:00+00:00",
)


class Worker:
    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.done: list[list[str]] = []
        self.tags: dict[str, list[str]] = {}
        """Its own ones, by run."""

    def do(self, what: str, which: int, i: int) -> None:
        if what == "create":
            self._create(i)
            return
        if what == "restore":
            gone = [each.run_id for each in trash.listed(self.root)]
            if gone:
                run_id = gone[which % len(gone)]
                trash.restore(self.root, run_id)
                self._tell("restored", run_id)
            return
        there = catalogue.read(self.root).entries
        if not there:
            return
        run_dir = there[which % len(there)].run_dir
        match what:
            case "tag":
                labels.change(run_dir, add=[f"{self.name}{i}"])
                self.tags.setdefault(run_dir.run_id, []).append(f"{self.name}{i}")
            case "untag":
                if mine := self.tags.get(run_dir.run_id):
                    labels.change(run_dir, remove=[mine[0]])
                    del mine[0]
            case "rename":
                labels.change(run_dir, name=f"{self.name} {i}")
                self._tell("renamed", run_dir.run_id)
            case "delete":
                trash.delete(run_dir, self.root)
                self._tell("deleted", run_dir.run_id)
            case "resume":
                log = EventLog(run_dir)
                try:
                    for event in (RunResumed(step=0, session=2), _ended(run_dir)):
                        log.append(replace(event, seq=i))
                finally:
                    log.close()
                self._tell("resumed", run_dir.run_id)

    def _create(self, i: int) -> None:
        run_dir = RunDir.create(self.root, f"{self.name}{i}", "epochs = 1\n")
        log = EventLog(run_dir)
        for event in (STARTED, _ended(run_dir)):
            log.append(replace(event, seq=i))
        log.close()
        self._tell("created", run_dir.run_id)

    def _tell(self, what: str, run_id: str) -> None:
        self.done.append([what, run_id])


def _ended(run_dir: RunDir) -> RunEnded:
    return RunEnded(status="completed", reason="", run_id=run_dir.run_id)


def main() -> None:
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        worker = Worker(Path(asked["root"]), asked["name"])
        refused = []
        for i, (what, which) in enumerate(asked["what"]):
            try:
                worker.do(what, which, i)
            except (RunError, WriteError) as error:
                refused.append(str(error))
        print(json.dumps({"done": worker.done, "tags": worker.tags, "refused": refused}), flush=True)


if __name__ == "__main__":
    main()
