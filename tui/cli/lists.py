"""`nntui presets` and `nntui components`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from core.errors import UserError
from core.system.text import clean
from tui.cli.options import Json, Use, load_components
from tui.system.streams import json_for_stdout
from tui.words.aligned import print_lines, print_table, table_lines


def presets(json: Json = False) -> None:
    """List the experiments that come with nntui."""
    from core.experiment.open import load
    from core.experiment.search import SearchConfig
    from core.presets import preset_names

    found = [load(name) for name in preset_names()]
    if json:
        print(json_for_stdout([preset.to_dict() for preset in found]))
        return
    rows = []
    for preset in found:
        base = preset.base if isinstance(preset, SearchConfig) else preset
        networks = str(preset.n_trials) if isinstance(preset, SearchConfig) else "1"
        row = [preset.name, base.dataset["name"], base.model["name"], networks, str(base.epochs), preset.summary]
        rows.append(row)
    headings = ["PRESET", "DATA", "MODEL", "NETWORKS", "EPOCHS", "WHAT IT SHOWS"]
    print_table(headings, rows, right=(3, 4))


def components(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="dataset, model, loss, …", show_default=False)
    ] = None,
    use: Use = None,
    json: Json = False,
) -> None:
    """List every key of `--set`: its default, range and meaning; and what can be chosen by name."""
    from core.components.keys import keys_of, table_of
    from core.experiment.named import find_packages
    from core.experiment.schema import PARTS, REGISTRIES, SECTIONS, RunConfig
    from core.experiment.search_keys import SearchKeys

    kinds = ["run", "search", *PARTS, *REGISTRIES]
    if kind is not None and kind not in kinds:
        raise UserError(f"no kind named {kind!r}; choose from {', '.join(kinds)}")
    load_components(use)
    if trouble := find_packages():
        print(f"nntui: {clean(trouble)}", file=sys.stderr)
    found: list[dict[str, Any]] = []
    if kind in (None, "run"):
        hidden = {*SECTIONS, *PARTS, "name", "summary", "use"}
        keys = table_of([key for key in keys_of(RunConfig) if key.name not in hidden])
        found.append({"kind": "run", "name": "", "summary": "the run as a whole.", "keys": keys})
    if kind in (None, "search"):
        summary = "search: where another key has several values, as 8,16,32 or 8..64:8."
        found.append({"kind": "search", "name": "", "summary": summary, "keys": table_of(keys_of(SearchKeys))})
    for part, schema in PARTS.items():
        if kind in (None, part):
            summary = (schema.__doc__ or "").partition("\n")[0]
            found.append({"kind": part, "name": "", "summary": summary, "keys": table_of(keys_of(schema))})
    for each, registry in REGISTRIES.items():
        if kind in (None, each):
            components = [registry[name] for name in registry.names]
            found += [
                {"kind": each, "name": c.name, "summary": c.summary, "keys": table_of(keys_of(c.schema))}
                | ({"from": str(c.origin)} if c.origin else {})
                for c in components
            ]
    if json:
        print(json_for_stdout(found))
        return
    for entry in found:
        title = f"{entry['kind']} {entry['name']}".rstrip()
        title += f" (from {entry['from']})" if "from" in entry else ""
        print(clean(f"{title}: {entry['summary'].partition(': ')[2] or entry['summary']}"))
        prefix = "" if entry["kind"] in ("run", "search") else f"{entry['kind']}."
        rows = [[f"  {prefix}{key['key']}", key["default"], key["range"], key["help"]] for key in entry["keys"]]
        print_lines(clean(line) for line in table_lines([""] * 4, rows)[1:])
