"""Which components of the user's own are loaded: files that were named by hand, as `--use FILE` or in an experiment
file, and contents that once were. A file that only a run's folder names is not loaded without asking.

What is loaded belongs to the process, as the registries do.
"""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.components import own
from core.components.own import Loaded
from core.components.registry import Registry
from core.errors import ConfigError, RunError, UserError
from core.experiment.schema import REGISTRIES, SECTIONS
from core.runs.event_log import read_started
from core.runs.folder import RunDir
from core.system.files import is_file
from core.system.folders import user_path
from core.system.known_files import is_known, remember

GROUP = "nntui.components"
"""Entry points of installed packages."""

_lock = threading.RLock()
_loaded: dict[str, Loaded] = {}
"""By real path, first to last."""
_by_hand: set[str] = set()
"""Those of them that this process was told to load: they may be loaded anew without asking, whatever is in them."""
_packages: list[str] | None = None
"""What there is to say of packages that could not be loaded; None: not looked for yet."""


def name(path: str | Path) -> Loaded:
    """Load a file that the user has named; anew where it has changed since. Raises ConfigError; then what was loaded
    of it before still is."""
    with _lock:
        file = user_path(path).absolute()
        content = own.read(file)
        loaded = _load(file, content, by_hand=True)
        remember(loaded.sha256, file)
        return loaded


def is_loaded(path: str | Path) -> bool:
    """Whether a file is loaded as it is now: to name it would run nothing. Raises ConfigError where it cannot be
    read."""
    file = user_path(path).absolute()
    loaded = _loaded.get(os.path.realpath(file))
    return loaded is not None and is_file(file) and loaded.sha256 == own.sha256_of(own.read(file))


def refresh(needed: Iterable[str] = ()) -> bool:
    """Load files anew that have changed since they were loaded: for programs that live long, and not while something
    trains. Whether there were any. One that is gone by now stays as it was, and so does one that was not named by hand
    and holds what never was. Raises ConfigError, also where such a one is among the `needed`."""
    with _lock:
        anew = False
        for key, loaded in list(_loaded.items()):
            if not is_file(loaded.path) or is_loaded(loaded.path):
                continue
            content = own.read(loaded.path)
            if key in _by_hand:
                name(loaded.path)
            elif is_known(own.sha256_of(content)):
                _load(loaded.path, content)
            elif str(loaded.path) in needed:
                raise ConfigError(
                    f"{loaded.path} has changed, and was never named on this machine as it is now; if you trust it, "
                    f"add --use {shlex.quote(str(loaded.path))}"
                )
            else:
                continue
            anew = True
        return anew


def forget() -> None:
    """Take back all that was loaded from files, and look for packages anew."""
    global _packages
    with _lock:
        _packages = None
        for loaded in _loaded.values():
            own.unload(loaded, REGISTRIES)
        _loaded.clear()
        _by_hand.clear()


def files() -> list[str]:
    """The files that are loaded."""
    return [str(loaded.path) for loaded in _loaded.values()]


def _load(file: Path, content: bytes, *, by_hand: bool = False) -> Loaded:
    sha256, key = own.sha256_of(content), os.path.realpath(file)
    replaced = key
    for known, loaded in _loaded.items():
        if loaded.sha256 == sha256:  # the same file twice, or a copy of it
            if known == key and by_hand:
                _by_hand.add(key)
            if known == key or not by_hand or known in _by_hand or key in _loaded:
                return loaded
            replaced = known  # from here on it is this one that is looked at for changes
    find_packages()  # theirs are not this file's, which may ask for them
    before = _loaded.get(replaced)
    if before is not None:
        own.unload(before, REGISTRIES)
    try:
        loaded = own.load(file, content, REGISTRIES)
    except BaseException:
        if before is not None:
            for component in before.components:
                registry = REGISTRIES[component.kind]
                registry.restore({**registry.registered(), component.name: component})
        raise
    if replaced != key:
        del _loaded[replaced]
    _loaded[key] = loaded
    if by_hand:
        _by_hand.add(key)
    return loaded


# What an experiment uses.


def used(config: Mapping[str, Any]) -> list[str]:
    """The files whose components a config, as plain tables, chooses; of a search by any value of its axes."""
    found: list[str] = []
    for kind, registry in REGISTRIES.items():
        table = config.get("metrics") if kind == "metric" else config.get(kind)
        chosen = table.get("name") if isinstance(table, dict) and kind in SECTIONS else table
        for each in _flat(chosen):
            origin = registry.registered()[each].origin if each in registry else None
            if origin is not None and origin.path:
                found.append(origin.path)
    return list(dict.fromkeys(found))


def unused(config: Mapping[str, Any]) -> list[str]:
    """What to say of files that are loaded and of which a config chooses nothing."""
    found, needed = [], used(config)
    for loaded in _loaded.values():
        if str(loaded.path) not in needed:
            first = loaded.components[0]
            key = "metrics=…," if first.kind == "metric" else f"{first.kind}.name="
            found.append(f"nothing of {loaded.path.name} is used; choose it with --set {key}{first.name}")
    return found


def packages_used(config: Mapping[str, Any]) -> list[str]:
    """The same of installed packages, by their names."""
    found = []
    for kind, registry in SECTIONS.items():
        table = config.get(kind)
        for each in _flat(table.get("name") if isinstance(table, dict) else None):
            origin = registry.registered()[each].origin if each in registry else None
            found += [origin.package] if origin is not None and origin.package else []
    return list(dict.fromkeys(found))


def _flat(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [name for each in value for name in _flat(each)]
    return [value] if isinstance(value, str) else []


def with_used(tables: dict[str, Any]) -> dict[str, Any]:
    """Tables that say which files they need, and nothing where they need none."""
    needed = used(tables)
    rest = {key: value for key, value in tables.items() if key != "use"}
    return {**rest, "use": needed} if needed else rest


def records(config: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a run tells of the files it uses, as RunStarted has it."""
    found: list[dict[str, str]] = []
    by_path = {str(loaded.path): loaded for loaded in _loaded.values()}
    for path in used(config):
        loaded, names = by_path[path], [each["copy"] for each in found]
        copy, n = f"components/{loaded.path.name}", 1
        while copy in names:
            n += 1
            copy = f"components/{loaded.path.stem}-{n}{loaded.path.suffix}"
        less = [each.name for each in loaded.components if each.facts.get("lower_is_better")]
        found.append({"path": path, "sha256": loaded.sha256, "copy": copy, "errors": " ".join(less)})
    return found


def content_of(sha256: str) -> bytes:
    """Of a file that is loaded, as it was then."""
    return next(loaded.content for loaded in _loaded.values() if loaded.sha256 == sha256)


# What others have used: runs, and searches that are shared.


def for_tables(paths: Sequence[str], folder: Path | None) -> None:
    """Have the files loaded that an experiment names which lies in a run's `folder`, or is not known to be named by
    hand (None). Raises ConfigError for content that the user has never named."""
    told = told_of(folder) if folder is not None else []
    by_path = {each["path"]: each for each in told}
    for path in paths:
        record = by_path.get(path, {"path": path, "sha256": "", "copy": ""})
        with _lock:
            if _standing_for(record) is None:
                _take(record, RunDir(folder).home if folder is not None else None)


def told_of(folder: Path) -> list[dict[str, str]]:
    """The components that the run in a folder, or the search that it is a trial of, has told of."""
    started = read_started(RunDir(RunDir(folder).home))
    known = started.components if started is not None else []
    return [each for each in known if {"path", "sha256", "copy"} <= each.keys()]


def check(run_dir: RunDir) -> None:
    """Have the components of a run loaded. Raises RunError where they are not what they were when it began, and
    ConfigError where the user has never named them."""
    home = run_dir.home
    told = told_of(home)
    for record in told:
        with _lock:
            loaded = _standing_for(record) or _take(record, home)
            if loaded.sha256 != record["sha256"]:
                copy = home / record["copy"]
                instead = f", or name the run's own copy: --use {shlex.quote(str(copy))}" if is_file(copy) else ""
                raise RunError(
                    f"{loaded.path} is not what {run_dir.run_id} was trained with: its SHA-256 is "
                    f"{loaded.sha256[:12]}… and was {record['sha256'][:12]}…; put it back{instead}"
                )


def check_study(told: Sequence[Mapping[str, str]], study: str) -> None:
    """Have the components of a shared search loaded. Raises RunError where they are others here, or not known."""
    for record in told:
        with _lock:
            called, theirs = Path(record["path"]).name, record["sha256"][:12]
            try:
                loaded = _standing_for(record) or _take(record, None)
            except ConfigError:
                namesakes = [each for each in _loaded.values() if each.path.name == called]
                if not namesakes:
                    raise RunError(
                        f"the search {study} uses {called} (SHA-256 {theirs}…): name the same file here with --use FILE"
                    ) from None
                loaded = namesakes[0]
            if loaded.sha256 != record["sha256"]:
                raise RunError(
                    f"{loaded.path} is not what the search {study} was begun with: its SHA-256 is "
                    f"{loaded.sha256[:12]}… here and {theirs}… there; name the same file with --use FILE"
                )


def _standing_for(record: Mapping[str, str]) -> Loaded | None:
    """What is loaded of a file: by its content, else by its path, else, where no file is there, by its name."""
    path = Path(record["path"])
    found = [
        *(each for each in _loaded.values() if each.sha256 == record["sha256"]),
        *(each for each in _loaded.values() if str(each.path) == str(path)),
        *(each for each in _loaded.values() if each.path.name == path.name and not is_file(path)),
    ]
    return found[0] if found else None


def _take(record: Mapping[str, str], home: Path | None) -> Loaded:
    """Load a file, or the copy in the folder `home` where it is gone, if its content was once named by hand."""
    path = Path(record["path"])
    copy = home / record["copy"] if home is not None and record["copy"] else None
    there = [each for each in (path, copy) if each is not None and is_file(each)]
    if there:
        content = own.read(there[0])
        if is_known(own.sha256_of(content)):
            return _load(there[0].absolute(), content)
        if path in there and record["sha256"] not in ("", own.sha256_of(content)):
            has_copy = copy is not None and is_file(copy)
            instead = f", or name the run's own copy: --use {shlex.quote(str(copy))}" if has_copy else ""
            raise RunError(
                f"{path} has changed: its SHA-256 is {own.sha256_of(content)[:12]}… and was "
                f"{record['sha256'][:12]}…; put it back{instead}"
            )
    copies = f" or --use {shlex.quote(str(copy))}" if copy is not None and copy in there and path in there else ""
    if not there:
        raise ConfigError(f"{path} is gone, whose components are used here; name it where it is now: --use FILE")
    raise ConfigError(
        f"{path.name} has components that are used here, and was never named on this machine; if you trust it, add "
        f"--use {shlex.quote(str(there[0]))}{copies}"
    )


# Installed packages.


def find_packages() -> str:
    """Load the components of installed packages, once. Returns what there is to say of those that cannot be."""
    global _packages
    with _lock:
        if _packages is None:
            _packages = []
            import importlib.metadata

            for point in importlib.metadata.entry_points(group=GROUP):
                package = point.dist.name if point.dist is not None else point.name
                try:
                    own.load_package(package, point.load, REGISTRIES)
                except UserError as error:
                    _packages.append(str(error))
        return "; ".join(_packages)


def use(paths: Iterable[str] | None) -> None:
    """`--use FILE`, for each. Raises ConfigError."""
    for path in paths or ():
        name(path)


Registry.find_more = staticmethod(find_packages)
