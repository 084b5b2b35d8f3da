"""Whether the signature of a component that nntui did not bring is one: what it is handed comes first, hyperparameters
are keyword-only and annotated with what a form, a TOML file and `--set` can hold. Needs no torch."""

from __future__ import annotations

import ast
import inspect
import json
import re
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from core.components.blame import place_of, told
from core.components.explain import explain_value
from core.components.outputs import OUTPUTS
from core.components.registry import Component
from core.errors import ConfigError

HANDED = {
    "dataset": ("source",),
    "model": ("shape", "outputs"),
    "loss": (),
    "optimizer": ("parameters",),
    "schedule": ("steps", "steps_per_epoch"),
    "metric": ("predicted", "target"),
}
"""What nntui hands a component of each kind, before its hyperparameters."""

NEVER = {"metric": {"loss": "the loss", "last_batch_accuracy": "the accuracy of the last batch"}}
"""Names that something else has."""


def check(component: Component, source: str = "") -> None:
    """Raise ConfigError, naming file and line, for a component that could not be chosen, set or called. `source`: the
    text of its file, to find the line of a hyperparameter in."""
    reason = _name(component) or _positional(component) or _facts(component)
    if reason:
        raise ConfigError(f"{place_of(component)}: {component.kind} {component.name}: {reason}")
    for parameter in _keyword_only(component):
        if reason := _hyperparameter(component, parameter):
            line = _line_of(component, parameter.name, source)
            raise ConfigError(
                f"{line}: {component.kind} {component.name}: hyperparameter {parameter.name}: {reason}"
            ) from None


def _name(component: Component) -> str:
    pattern, such = r"[^\W\d][\w-]*(\.[\w-]+)*", "letters, digits, _ and -"
    if component.kind == "metric":  # a column is called after it
        pattern, such = r"[^\W\d]\w*", "letters, digits and _"
    if not isinstance(component.name, str) or not re.fullmatch(pattern, component.name):
        return f"a name has {such}, and begins with a letter"
    if what := NEVER.get(component.kind, {}).get(component.name):
        return f"{what} is called so; choose another name"
    return ""


def _keyword_only(component: Component) -> list[inspect.Parameter]:
    found = inspect.signature(component.build).parameters.values()
    return [parameter for parameter in found if parameter.kind is inspect.Parameter.KEYWORD_ONLY]


def _positional(component: Component) -> str:
    handed = HANDED[component.kind]
    shown = ", ".join([*handed, "*", "…"])
    if not callable(component.build):
        return f"must be a function ({shown})"
    try:
        parameters = list(inspect.signature(component.build).parameters.values())
    except (TypeError, ValueError):
        return f"must be a function ({shown})"
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [parameter for parameter in parameters if parameter.kind in plain]
    more = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters)
    if len(positional) < len(handed) and not more:
        has = ", ".join(parameter.name for parameter in positional) or "nothing"
        return f"it is handed {_listed(handed)}, but takes {has}; write ({shown})"
    if len(positional) > len(handed):
        extra = positional[len(handed)].name
        before = f"it is handed {_listed(handed)} only" if handed else "it is handed nothing"
        return f"{before}; write {extra} after a *, so that it is a hyperparameter: ({shown.replace('…', extra)})"
    if component.kind == "metric" and any(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters):
        return "a metric has no hyperparameters"
    if component.kind == "optimizer" and "lr" not in [parameter.name for parameter in _keyword_only(component)]:
        return "it has no hyperparameter lr, the learning rate that schedules multiply; write lr: LearningRate = 0.01"
    return ""


def _listed(handed: tuple[str, ...]) -> str:
    return " and ".join(handed) or "nothing"


def _facts(component: Component) -> str:
    facts = component.facts
    if component.kind == "loss" and facts.get("output", "logits") not in OUTPUTS:
        return f"output={facts['output']!r}: choose from {', '.join(OUTPUTS)}"
    if component.kind in ("metric", "dataset") and isinstance(facts.get("task"), str):
        task = facts["task"]
        if task not in ("classification", "regression"):
            return f"task={task!r}: choose from classification, regression"
    if "check" in facts and not callable(facts["check"]):
        return "check= must be a function of the hyperparameters"
    return ""


def _hyperparameter(component: Component, parameter: inspect.Parameter) -> str:
    if parameter.annotation is inspect.Parameter.empty:
        return f"has no annotation; write its type, such as {parameter.name}: float"
    if parameter.name == "name":
        return f"{component.kind}.name chooses the component; call it otherwise"
    types = "use bool, int, float, str, Literal[…] or a tuple of these"
    if parameter.name.startswith("_"):
        return "a key cannot begin with _; call it otherwise"
    alone = Component(component.kind, component.name, _only(component, parameter))
    try:
        info = alone.schema.model_fields[parameter.name]
        schema = alone.schema.model_json_schema()
    except (PydanticUserError, TypeError, ValueError, NameError, AttributeError, SyntaxError, RecursionError) as error:
        return f"cannot be made a key of its annotation ({told(error)}); {types}"
    if "$ref" in json.dumps(schema) or "object" in json.dumps(schema["properties"]):
        return f"its annotation is none that --set can write; {types}"
    if info.is_required():
        return ""
    annotation: Any = Annotated[info.annotation, info]
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    default = info.get_default()
    try:
        adapter.validate_json(json.dumps(default), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"its default does not fit: {explain_value(first, info, key=parameter.name)}"
    except (TypeError, ValueError):
        return f"its default {default!r} is none that a TOML file can hold; {types}"
    return ""


def _only(component: Component, parameter: inspect.Parameter) -> Any:
    """The component as if it had no other hyperparameter."""

    def alone() -> None: ...

    # It is looked up where the component's own function is: an annotation may be text.
    alone.__wrapped__ = component.build  # type: ignore[attr-defined]
    alone.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]
    return alone


def _line_of(component: Component, parameter: str, source: str) -> str:
    """The file and line that a hyperparameter stands on; where that is not found, its component's."""
    place = place_of(component)
    file, _, line = place.rpartition(", line ")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return place
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        if str(min([node.lineno, *(each.lineno for each in node.decorator_list)])) != line:
            continue
        found = [each.lineno for each in ast.walk(node) if isinstance(each, ast.arg) and each.arg == parameter]
        if found:
            return f"{file}, line {found[0]}"
    return place
