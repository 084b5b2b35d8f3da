"""One registry for every kind of component: datasets, models, losses, optimizers, schedules, metrics.

A component is a function. Its positional arguments are what nntui hands it (a shape, the parameters to train); its
keyword-only, annotated arguments are its hyperparameters. From that signature alone come the TOML keys, `--set`,
the checks and the error messages. `Annotated[float, Field(gt=0, description="…")]` gives a range and a help line.
"""

from __future__ import annotations

import functools
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from core.components.explain import explain
from core.errors import ConfigError

BROUGHT = frozenset({"check", "completed", "why_not", "loop", "draw", "layers", "figures", "table", "few"})
"""Facts that are functions to be called where they are needed, see `Component.brings`."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Origin:
    """Where a component is from that nntui did not bring: a file of the user's, or an installed package."""

    path: str = ""
    """Of the file, absolute."""
    package: str = ""

    def __str__(self) -> str:
        return self.path or f"the package {self.package}"


@dataclass(frozen=True)
class Component:
    """One entry of a registry. `facts` are what is known of it without building it (shapes, sizes).

    A fact that depends on the hyperparameters is a function of them: `samples=lambda given: given["samples"]`. The
    fact `check` is such a function too; it raises ValueError for hyperparameters that do not go together. The fact
    `instead` holds groups of hyperparameters that say the same thing: to set one of a group takes the place of the
    other groups. The fact `paths` names those that are paths of files.

    What a component does in a way of its own is a fact as well, so that nobody has to ask for its name: one of
    `BROUGHT` is a function, or `package.module:function`, which is imported when it is first needed. What each is
    given and returns is told where its registry is: `core.components.models`, `core.datasets`.
    """

    kind: str
    name: str
    build: Callable[..., Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    """None: it came with nntui."""

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.build) or "").partition("\n")[0]

    @cached_property
    def schema(self) -> type[BaseModel]:
        """A pydantic model of the hyperparameters, made from the signature."""
        fields: dict[str, Any] = {}
        for parameter in inspect.signature(self.build).parameters.values():
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                continue
            annotation = parameter.annotation
            if isinstance(annotation, str):  # under `from __future__ import annotations`
                annotation = eval(annotation, globals_of(self.build))
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            fields[parameter.name] = (annotation, default)
        return create_model(self.name, __config__=ConfigDict(extra="forbid", protected_namespaces=()), **fields)

    @property
    def parameters(self) -> list[str]:
        return list(self.schema.model_fields)

    def facts_of(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The facts that hold with the resolved hyperparameters `given`."""
        told = {name: fact for name, fact in self.facts.items() if name not in BROUGHT}
        known = {name: fact(given) if callable(fact) else fact for name, fact in told.items()}
        return {name: fact for name, fact in known.items() if fact is not None}

    def brings(self, fact: str) -> Callable[..., Any] | None:
        """The function that is its own way of doing something; None where it is done as for all others. Raises
        ConfigError for one that is not where the fact says."""
        found: Callable[..., Any] | str | None = self.facts.get(fact)
        if not isinstance(found, str):
            return found
        try:
            function: Callable[..., Any] = pkgutil.resolve_name(found)
        except (ImportError, AttributeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"{self.kind} {self.name}: {fact} = {found}: {reason}") from None
        return function

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All hyperparameters as plain values, defaults filled in.

        Values have their types already, as in TOML: a text is no number. Raises ValueError, in one line that names
        the key, for an unknown key or a value that does not fit.
        """
        for key in given:
            if key not in self.schema.model_fields:
                has = f"{self.name} has {', '.join(self.parameters)}" if self.parameters else f"{self.name} has no keys"
                raise ValueError(f"no key '{self.kind}.{key}'; {has}")
        try:
            # As JSON, because there a list may become a tuple without a text becoming a number.
            resolved = self.schema.model_validate_json(json.dumps(given), strict=True).model_dump(mode="json")
        except ValidationError as error:
            raise ValueError(explain(error, self.schema, prefix=f"{self.kind}.")) from None
        if "check" in self.facts:
            self.facts["check"](resolved)
        return resolved


def globals_of(build: Callable[..., Any]) -> dict[str, Any]:
    """The names that the annotations of a function, or of a class, may use."""
    build = inspect.unwrap(build)
    while isinstance(build, functools.partial):
        build = build.func
    found: dict[str, Any] | None = getattr(build, "__globals__", None)
    return vars(sys.modules[build.__module__]) if found is None else found


class Registry:
    """The components of one kind, by name."""

    find_more: ClassVar[Callable[[], str]] = staticmethod(lambda: "")
    """Called where a name is asked for that is not registered, or all are: registers what installed packages have.
    Returns what there is to say of those that could not be loaded."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._components: dict[str, Component] = {}

    def add(self, name: str, **facts: Any) -> Callable[[F], F]:
        """Register the decorated function under `name`. Raises ValueError for a name that is taken."""

        def register(build: F) -> F:
            if name in self._components:
                raise ValueError(f"two {self.kind} components are named '{name}'")
            self._components[name] = Component(self.kind, name, build, facts)
            return build

        return register

    def remove(self, name: str) -> None:
        del self._components[name]

    def registered(self) -> dict[str, Component]:
        """As it is now, without looking for more: for `restore`."""
        return dict(self._components)

    def restore(self, components: Mapping[str, Component]) -> None:
        """Have exactly these."""
        self._components = dict(components)

    def __contains__(self, name: object) -> bool:
        """Whether it is registered now."""
        return name in self._components

    def __getitem__(self, name: object) -> Component:
        """Raises ValueError, naming the choices, for a name that is not registered."""
        if isinstance(name, str) and name in self._components:
            return self._components[name]
        trouble = Registry.find_more()
        if not isinstance(name, str) or name not in self._components:
            raise ValueError(
                f"no {self.kind} named {name!r}; choose from {', '.join(self.names)}" + (trouble and f" ({trouble})")
            )
        return self._components[name]

    def fact(self, name: object, fact: str) -> Any:
        """A fact of the component `name`; None where there is none, or no such component: what a run was made with
        need not be here."""
        component = self._components.get(name) if isinstance(name, str) else None
        return component.facts.get(fact) if component else None

    def __iter__(self) -> Iterator[Component]:
        Registry.find_more()
        return iter(list(self._components.values()))

    @property
    def names(self) -> list[str]:
        Registry.find_more()
        return sorted(self._components)
