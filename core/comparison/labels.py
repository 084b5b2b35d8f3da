"""What runs are called beside each other: short, and no two alike."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from core.comparison.settings import BESIDES, MISSING, SEED, Various, differing, value_text
from core.runs.folder import RunDir
from core.system.text import clean

LONGEST = 32
"""Characters of the settings in a label."""


def label_of(run_dir: RunDir, config: Mapping[str, Any], given: str = "") -> str:
    """The name that it was given by hand, else its experiment's; others may be called so too."""
    return clean(given) or clean(str(config.get("name") or "")) or run_dir.run_id


def distinct(names: Sequence[str], settings: Sequence[Mapping[str, Any]], run_ids: Sequence[str]) -> list[str]:
    """A label for each: its name; where others have the same, also the settings that tell these apart, the seed rather
    than others, and without the name where all have it; else the end of its run-id, or all of it. `settings` as in
    `settings_of`, where several runs are taken together with Various."""
    labels = list(names)
    for name, n in Counter(names).items():
        if n == 1:
            continue
        here = [i for i, each in enumerate(names) if each == name]
        by_setting = _by_setting([settings[i] for i in here])
        ends = by_setting or brief_ids([run_ids[i] for i in here])
        for i, end in zip(here, ends, strict=True):
            labels[i] = end if by_setting and n == len(names) else f"{name} {end}"
    if len(set(labels)) < len(labels):  # a name that looks like another one's label
        return [f"{label} {run_id}" for label, run_id in zip(labels, run_ids, strict=True)]
    return labels


def brief_ids(run_ids: Sequence[str]) -> list[str]:
    """The end of each, by which it is found as well, where no two are alike; of a trial with its search's."""
    return [run_id.rpartition("-")[2] for run_id in run_ids] if _ends_differ(run_ids) else list(run_ids)


def common_name(names: Sequence[str]) -> str:
    """Of runs that are taken together: their name without the numbers at its end, where they differ in these."""
    if len(set(names)) == 1:
        return names[0]
    bare = {re.sub(r"[-_ ]*(seed)?[-_ ]*\d+$", "", name) for name in names}
    return bare.pop() if len(bare) == 1 and "" not in bare else names[0]


def _by_setting(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """`seed 3`, `lr 0.01`, `lr 0.01 epochs 40`; nothing where three settings will not do."""
    found = {
        key: [_said(key, value) for value in values]
        for key, values in differing(settings).items()
        if key.partition(".")[0] not in BESIDES and not any(isinstance(value, Various) for value in values)
    }
    keys = sorted(found, key=lambda key: key != SEED)
    for wanted in itertools.chain.from_iterable(itertools.combinations(keys, n) for n in (1, 2, 3)):
        texts = [" ".join(each) for each in zip(*(found[key] for key in wanted), strict=True)]
        if len(set(texts)) == len(texts) and max(map(len, texts)) <= LONGEST:
            return texts
    return []


def _said(key: str, value: Any) -> str:
    name = key.removesuffix(".name").rpartition(".")[2].replace("_", " ")
    return f"no {name}" if value is MISSING else f"{name} {clean(value_text(value))}"


def _ends_differ(run_ids: Sequence[str]) -> bool:
    return len({run_id.rpartition("-")[2] for run_id in run_ids}) == len(run_ids)
