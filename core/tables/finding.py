"""What was found in a table that people should know, and what would help: said in the words of the config's keys, or in
those of whoever shows it. Needs no torch."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from core.errors import DataError

Remedy: TypeAlias = Literal[
    "path",
    "encoding",
    "letters",
    "separator",
    "decimal",
    "header",
    "no-header",
    "skip",
    "comment",
    "footer",
    "lines",
    "sheet",
    "correct",
    "parts",
    "leave-out",
    "leave-some-out",
    "categories",
    "keep-apart",
    "drop",
    "fill",
    "category",
    "fill-column",
    "missing-values",
    "duplicates",
    "no-row",
    "choose",
    "name-target",
    "target",
    "classification",
    "regression",
]

AS_KEYS: dict[Remedy, str] = {
    "path": "set dataset.path to {detail}",
    "encoding": "dataset.encoding={detail} reads it",
    "letters": "if letters look wrong, set dataset.encoding",
    "separator": "if it has more columns, set dataset.separator",
    "decimal": "set dataset.decimal={detail} if they are",
    "header": "if its first row names the columns, set dataset.header=yes",
    "no-header": "if it is a row, set dataset.header=no",
    "skip": "dataset.skip={detail} takes them in",
    "comment": "dataset.comment={detail} takes them in",
    "footer": "dataset.footer={detail} takes them in",
    "lines": "dataset.drop_lines={detail} takes them in",
    "sheet": "dataset.sheet={detail} reads another",
    "correct": "correct it",
    "parts": "put columns such as its year and month into the file",
    "leave-out": "leave it out (dataset.leave_out={detail})",
    "leave-some-out": "leave some columns out (dataset.leave_out)",
    "categories": "take its values as categories (dataset.categories={detail})",
    "keep-apart": "dataset.categories={detail} keeps them apart",
    "drop": "dataset.missing=drop leaves {detail}",
    "fill": "dataset.missing=fill takes {detail}",
    "category": "dataset.missing=category keeps that as a category or an input of its own",
    "fill-column": "set dataset.missing_by_column={detail}",
    "missing-values": "dataset.missing_values={detail} takes that for missing",
    "duplicates": "dataset.duplicates=drop leaves {detail}",
    "no-row": "if that is no row, set {detail}",
    "choose": "choose from {detail}",
    "name-target": "set dataset.target to one of {detail}",
    "target": "choose another dataset.target",
    "classification": "use dataset.task=classification",
    "regression": "use dataset.task=regression",
}
"""With what the finding says beside each remedy as `{detail}`."""


@dataclass(frozen=True)
class Finding:
    what: str
    """What comes after its name: `holds dates`. Of a note on the table a sentence."""
    column: str = ""
    """The one that it is about; empty: the table."""
    remedies: Mapping[Remedy, str] = field(default_factory=dict)
    """What would help, the best first, with what is to be said beside it."""

    def told(self, words: Mapping[Remedy, str] = AS_KEYS, table: str = "") -> str:
        """In a line, with all advice that there are `words` for. `table`: what it is called where it is the subject."""
        subject = f"column {self.column!r} " if self.column else f"{table} " if table else ""
        advice = [words[remedy].format(detail=detail) for remedy, detail in self.remedies.items() if remedy in words]
        return f"{subject}{self.what}" + (f"; {_either(advice)}" if advice else "")


class TableError(DataError):
    """A file that cannot be read as a table, or a table that cannot be trained on."""

    def __init__(self, path: Path, what: str | Finding, remedies: Mapping[Remedy, str] | None = None) -> None:
        self.finding = what if isinstance(what, Finding) else Finding(what, remedies=remedies or {})
        told = self.finding.told(table=str(path))
        super().__init__(f"{path}: {told}" if self.finding.column else told)

    @property
    def what(self) -> str:
        """Without advice."""
        return str(self).partition("; ")[0]


def as_value(*columns: str) -> str:
    """Names as the value of a key that takes columns: `age,size`, or `["a, b"]`."""
    plain = all(re.fullmatch(r"\w[\w .()/%-]*", column) and column == column.strip() for column in columns)
    return ",".join(columns) if plain else json.dumps(columns, ensure_ascii=False)


def as_texts(*texts: str) -> str:
    """Texts as the value of a key that takes any: `-,na,-999`, or `["a, b"]`."""
    plain = all(text == text.strip() and not re.search(r'[,;\[\]"\'|&<>()*?$\\!#` ]', text) and text for text in texts)
    return ",".join(texts) if plain else json.dumps(texts, ensure_ascii=False)


def _either(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + ", or " + parts[-1]
