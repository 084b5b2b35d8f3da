"""Components of the user's own: what a Python file or an installed package registers, all of it or nothing.

A file is compiled from its bytes and run in a fresh module; its folder is not searched for modules. Who may be loaded
is for others to say: `core.experiment.named`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from core.components import blame
from core.components.registry import Component, Origin, Registry
from core.components.signatures import check
from core.errors import ConfigError
from core.system.files import exists, is_dir, is_file


@dataclass(frozen=True)
class Loaded:
    """A file that was loaded, and what it was then."""

    path: Path
    """Absolute."""
    content: bytes
    sha256: str
    components: tuple[Component, ...]


def read(path: Path) -> bytes:
    """Raises ConfigError where there is no such file, or it cannot be read."""
    if is_dir(path):
        raise ConfigError(f"{path} is a folder; --use takes a Python file, such as --use {path / 'my_net.py'}")
    if not exists(path):
        raise ConfigError(f"{path}: there is no such file; --use takes a Python file with components")
    if not is_file(path):
        raise ConfigError(f"{path} is no regular file; --use takes a Python file with components")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}; --use takes a Python file") from None


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def load(path: Path, content: bytes, registries: Mapping[str, Registry]) -> Loaded:
    """Run a file and check what it registers. Raises ConfigError, in one line with file and line; then everything is
    as it was before."""
    sha256 = sha256_of(content)
    source = _text(path, content)
    name = f"nntui_own_{sha256[:12]}_{path.stem}"
    module = ModuleType(name)
    module.__file__ = str(path)
    blame.FILES.add(str(path))

    def run() -> None:
        sys.modules[name] = module  # dataclasses and pickle look for it there
        try:
            code = compile(content, str(path), "exec", dont_inherit=True)
            exec(code, vars(module))
        except SyntaxError as error:
            at = f"{error.filename or path}, line {error.lineno or 1}"
            raise ConfigError(f"{at}: no Python: {error.msg}") from None
        except SystemExit as error:
            raise ConfigError(
                f"{blame.where(error) or path}: it calls sys.exit when it is loaded; a file for --use registers "
                'components and ends, what is a program goes below: if __name__ == "__main__":'
            ) from None
        except Exception as error:
            raise ConfigError(_why(error, path)) from error

    try:
        added = _added(run, registries, Origin(path=str(path)), source)
        if not added:
            raise ConfigError(
                f'{path}: it registers nothing; write a line such as @MODELS.add("my-net") above a function'
            )
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return Loaded(path, content, sha256, added)


def unload(loaded: Loaded, registries: Mapping[str, Registry]) -> None:
    """Take back what it registered."""
    for component in loaded.components:
        if component.name in registries[component.kind]:
            registries[component.kind].remove(component.name)


def load_package(name: str, load: Callable[[], object], registries: Mapping[str, Registry]) -> tuple[Component, ...]:
    """What an installed package registers when `load` is called. Raises ConfigError, as `load` does."""

    def run() -> None:
        try:
            load()
        except (Exception, SystemExit) as error:
            raise ConfigError(
                f"the package {name} has components, but cannot be loaded: {blame.told(error)}; mend or uninstall it"
            ) from error

    try:
        return _added(run, registries, Origin(package=name))
    except ConfigError as error:
        at = "" if str(error).startswith("the package") else f"the package {name}: "
        raise ConfigError(f"{at}{error}") from None


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}: it is not UTF-8 text; save it as UTF-8") from None


def _why(error: Exception, path: Path) -> str:
    hint = ""
    if isinstance(error, ModuleNotFoundError) and error.name and is_file(path.parent / f"{error.name}.py"):
        hint = (
            f"; its folder is not searched for modules: put {error.name}.py into the same file, or install it as a "
            "package"
        )
    taken = isinstance(error, ValueError) and "components are named" in str(error)
    told = f"{error}; give this one another name" if taken else blame.told(error)
    return f"{blame.where(error) or path}: {told}{hint}"


def _added(
    run: Callable[[], None], registries: Mapping[str, Registry], origin: Origin, source: str = ""
) -> tuple[Component, ...]:
    """What `run` registers, marked with where it is from; nothing is registered where that raises."""
    before = {kind: registry.registered() for kind, registry in registries.items()}
    added: list[Component] = []
    try:
        with _nothing_else():
            run()
        for kind, registry in registries.items():
            now = registry.registered()
            gone = [name for name, component in before[kind].items() if now.get(name) is not component]
            if gone:
                raise ConfigError(f"{origin}: it takes away the {kind} {gone[0]}; give its own components other names")
            for name in [name for name in now if name not in before[kind]]:  # in the order of the file
                now[name] = replace(now[name], origin=origin)
                check(now[name], source)
                now[name] = blame.guarded(now[name])
                added.append(now[name])
            registry.restore(now)
    except BaseException:
        for kind, registry in registries.items():
            registry.restore(before[kind])
        raise
    return tuple(added)


@contextlib.contextmanager
def _nothing_else() -> Iterator[None]:
    """What loading does beside registering is undone: what it prints goes to stderr, for stdout may be JSON, and the
    settings of PyTorch that all networks share stay as they are."""
    torch = sys.modules.get("torch")
    dtype = torch.get_default_dtype() if torch is not None else None
    folder = os.getcwd()  # noqa: PTH109
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if os.getcwd() != folder:  # noqa: PTH109
            os.chdir(folder)
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_default_dtype(dtype or torch.float32)
