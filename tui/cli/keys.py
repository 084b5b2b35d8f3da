"""`nntui keys`: every key of the screens, in one table made of those that they use; `docs/keys.md` is its Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tui.keys.action import Action

INTRODUCTION = """# Keys

A key means the same on every screen, or nothing. `?` lists those that work where you are (F1 where letters are typed),
`^p` finds a command by its name; `^r` is Ctrl+R, `⇧` is Shift. Where letters are typed they are letters: there Tab
completes and ⌫ deletes, as in a shell, and a question can be answered with y or n.

With a Korean (dubeolsik) or Russian layout switched on, the letter that is on the same key of the keyboard counts:
ㅂ is q. A key that did something else in the version before says so once.

This page is made of the code: `nntui keys --markdown`.
"""


def tables() -> dict[str, Sequence[Action]]:
    """The keys that can work at the same time as others, by the place where they do."""
    from tui.keys import common
    from tui.screens.compare import keys as compare
    from tui.screens.experiment import keys as form
    from tui.screens.gradients import keys as gradients
    from tui.screens.own_table import keys as table
    from tui.screens.run import keys as run
    from tui.screens.runs import keys as runs
    from tui.screens.search import keys as search
    from tui.screens.start import keys as start

    return {
        "everywhere": common.APP,
        "lists": common.MOVES,
        "texts": common.SCROLLS,
        "start": (*start.START, *start.EXPERIMENTS, *start.RUNS),
        "form": (*form.EXPERIMENT, *form.CHOICE),
        "files": (*table.FILES, *table.PATH_LINE),
        "table": (*table.OWN_TABLE, *table.COLUMNS),
        "train": (*run.TRAIN, *run.PLOTS, *run.PANELS, *run.LOG),
        "search": (*search.SEARCH, *search.TRIALS, *common.TABLE, *search.HEATMAP, *search.CURVES),
        "runs": (*runs.RUNS, *runs.TABLE),
        "a filter": runs.FILTER,
        "labels": runs.LABELS,
        "compare": (*compare.COMPARE, *compare.PANES, *compare.RUNS, *compare.CHART, *compare.SETTINGS),
        "gradients": (*gradients.GRADIENT_SCREEN, *gradients.GRADIENT_PANES),
        "gradient check": gradients.GRADIENTS,
        "a choice": (*common.CHOOSE, *common.PICKS, *common.MARKS),
        "a line that finds": common.FIND,
        "a value": (*common.PROMPT_SCREEN, *common.PROMPT),
        "a question": common.QUESTION,
        "the queue": common.QUEUE,
        "a note": common.NOTE,
        "a download": common.DOWNLOAD,
        "help": common.HELP,
    }


def rows() -> list[tuple[str, str, list[str]]]:
    """(keys as they are written, what they mean, where they do what) of each meaning, those of most places first."""
    found: dict[str, tuple[list[str], dict[str, list[str]]]] = {}
    for where, table in tables().items():
        for action in table:
            written, places = found.setdefault(action.meaning, ([], {}))
            written += [each for each in action.written.split() if each not in written]
            words = action.help if action.help != "the same" else ""
            if words and where not in places.setdefault(words, []):
                places[words].append(where)
    told = [
        (" ".join(written), meaning, [f"{', '.join(where)}: {words}" for words, where in places.items()])
        for meaning, (written, places) in found.items()
    ]
    return sorted(told, key=lambda row: -len({part.partition(":")[0] for part in row[2]}))


def markdown() -> str:
    """The whole page."""
    lines = [INTRODUCTION, "| key | means | where |", "|---|---|---|"]
    for written, meaning, places in rows():
        if not places:
            continue
        cells = " ".join(f"`{each}`" for each in written.split()), meaning, "; ".join(places)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def keys(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/keys.md.")] = False,
) -> None:
    """List the keys of the screens."""
    if as_markdown:
        print(markdown(), end="")
        return
    found = rows()
    width, room = (max(len(row[i]) for row in found) for i in (0, 1))
    for written, meaning, places in found:
        for i, place in enumerate(places):
            print(f"{'' if i else written:{width}}  {'' if i else meaning:{room}}  {place}")
