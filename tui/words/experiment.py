"""What stands beside the form: what differs, what it costs, the network, the data. Lines of text for a given width."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from core.experiment.search import SearchConfig, run_of
from tui.words.config import axis_values, layer_lines, steps_per_epoch
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.components.keys import Key
    from core.experiment.draft import Draft
    from core.experiment.schema import RunConfig
    from core.training.cost import Cost


def title(draft: Draft, n: int) -> Text:
    """What the form holds: its name, whether it is a search, and how much of it was changed."""
    text = Text("nntui  ", style="bold").append(draft.base.name, style="default")
    if draft.axes:
        text.append(f"  a search over {names(draft.axes)}", style="default")
    changed = f"{n} change{'s' if n != 1 else ''}, F4 undoes" if n else "as it comes"
    return text.append(f"  {changed}", style="not bold")


def below(more: int, *, all: bool) -> str:
    """Under the last field: how many there are beside."""
    return f"… {more} more settings: F3" if more else "F3 hides what matters less" if all else ""


def changes(found: Sequence[tuple[str, str, str]], name: str) -> list[str]:
    """`optimizer.lr  0.01 → 0.05`, one a line."""
    if not found:
        return [f"none: {name} as it was opened"]
    return [f"{key}  {before} → {after}" for key, before, after in found]


def cost(known: Cost | None, config: RunConfig | SearchConfig, note: str) -> list[str]:
    """Networks, steps, time and speed. `note`: why there is no time yet."""
    lines = _search(config) if isinstance(config, SearchConfig) else []
    run = run_of(config)
    steps = known.steps_per_epoch if known else steps_per_epoch(run)
    total = known.steps if known else run.iterations or (steps * run.epochs if steps else None)
    each = " each" if lines else ""
    if steps and total:
        lines.append(f"{count(total)} steps{each}, {count(steps)} an epoch")
    else:
        lines.append(f"{count(run.iterations)} steps{each}" if run.iterations else f"{count(run.epochs)} epochs{each}")
    if known is None:
        return [*lines, note]
    if known.warning:
        return [*lines, f"✗ in a short trial: {known.warning}"]
    most = "at most " if known.at_most else ""
    lines.append(f"{most}about {duration(known.seconds)}, from a short trial")
    if known.train_per_second is not None:
        lines.append(f"{_rounded(known.train_per_second)} samples a second")
    return lines


def _search(config: SearchConfig) -> list[str]:
    """How many networks, and over what."""
    n, keys = config.n_trials, config.keys
    cells = "" if keys.repeats == 1 else f": {count(n / keys.repeats)} cells × {keys.repeats}"
    lines = [f"{count(n)} networks{cells}, {keys.method}"]
    for axis in config.axes:
        lines.append(f"  {axis.name}: {axis_values(axis.values, axis.written)}")
    return lines


def weights(layers: Sequence[Mapping[str, Any]], of_all: tuple[int, int] | None, width: int) -> list[str]:
    """Below the sketch: how many weights there are in each layer, and in all. `of_all`: of a search's smallest and
    largest network, of which the latter is drawn."""
    own = [count(layer["parameters"]) for layer in layers if layer["parameters"]]
    total = count(sum(layer["parameters"] for layer in layers))
    summed = f"{' + '.join(own)} = {total} weights"
    line = summed if len(own) > 1 and len(summed) <= width else f"{total} weights"
    if of_all is None or of_all[0] == of_all[1]:
        return [line]
    return [
        f"the largest of all: {line}"[:width] if len(line) + 20 <= width else line,
        f"the smallest: {count(of_all[0])} weights",
    ]


# What a field of the form is about.


def about(key: Key) -> str:
    """Its help, range and default."""
    default = "" if says_default(key.help) or key.default in ("", "none") else f"default {key.default}"
    return "; ".join(each for each in (key.help, key.range if key.kind != "choice" else "", default) if each)


def says_default(help: str) -> bool:
    """Whether a help text tells itself what holds where nothing is given: `0.8 if not given`."""
    return "if not given" in help or "if none" in help or "if there is such" in help


def several(key: Key, text: str, axis: bool) -> str:
    """That a key may have several values, or how many it has."""
    if axis:
        n = len(text.split(","))
        return f"{n} values: a search" if n > 1 and not text.startswith("[") else "several values: a search"
    if key.kind == "number":
        return "several make it a search, as 1,2,4 or 1..9 or 1e-4..1e-1 log"
    if key.kind == "list" and not key.choices:
        return "several lists make it a search, as [[8], [16, 8]]" if key.name in ("hidden", "channels") else ""
    return "several make it a search" if key.kind in ("choice", "yes-no") else ""


def unset(default: str, help: str, instead: Sequence[str]) -> str:
    """What stands in a field where nothing is typed. `instead`: the keys that have taken its place."""
    if instead:
        return f"{names(instead)} instead"
    return "not given" if default == "none" and says_default(help) else default


def names(keys: Sequence[str]) -> str:
    """`lr`, `n units`; the choice of a component is called by its kind."""
    return ", ".join(key.removesuffix(".name").rpartition(".")[2].replace("_", " ") for key in keys)


def _rounded(n: float) -> str:
    """To two digits."""
    return count(float(f"{n:.2g}"))


def network(layers: Sequence[dict[str, Any]] | None, width: int) -> list[str]:
    return ["–"] if layers is None else layer_lines(layers, width)


def notes(found: Sequence[str], width: int) -> list[str]:
    """What one should know of the data, wrapped."""
    return [line for note in found[:3] for line in textwrap.wrap(f"! {note}", width)]
