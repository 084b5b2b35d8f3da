"""Whether the numbers of a search's trials can be trusted: an earlier version could give its cells other ones when it
resumed a search whose axes stand in another order in its config.toml."""

from __future__ import annotations

from core.history.trials import Trials


def doubt(trials: Trials) -> str:
    """What is wrong with them, in one line, or an empty string."""
    if "memory" in trials.search or trials.search.get("storage"):  # made by this version; or numbered by its storage
        return ""
    twice = [cell for cell in trials.by_cell() if len(cell) > trials.repeats]
    if not (twice or trials.renumbered):
        return ""
    what = ["an earlier version of nntui resumed it with its cells in another order"]
    if trials.renumbered:
        what.append(f"{_some(sorted(trials.renumbered))} began again with the values of another cell")
    if twice:
        numbers = sorted(trial.number for cell in twice for trial in cell)
        what.append(f"{_some(numbers)} share cells that were to be trained once, so others are missing")
    return ": ".join([what[0], "; ".join(what[1:])])


def _some(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:6])) + (", …" if len(numbers) > 6 else "")
    return f"trial{'s' * (len(numbers) > 1)} {shown}"
