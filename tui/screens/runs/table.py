"""RunTable: one row for each run of the list."""

from __future__ import annotations

from core.runs.entry import Entry
from tui.keys.action import Action, bindings
from tui.screens.runs import keys
from tui.screens.runs.listing import BROKEN, RunsListing
from tui.widgets.row_table import DOWN, UP, Content, Signs, TrialTable
from tui.widgets.states import COLORS, SYMBOLS

MARK = "●"
NONE_YET = "No runs yet: Esc goes back, Enter there trains an experiment."
NONE_FITS = "No run fits the filter: / changes it, Esc takes it away."


class RunTable(TrialTable):
    """Shows a RunsListing; the cursor stays on its run."""

    ACTIONS: tuple[Action, ...] = keys.TABLE
    BINDINGS = bindings(keys.TABLE)

    def show_runs(self, listing: RunsListing, empty: str = "") -> None:
        """`empty`: why there are none, where it is neither the filter nor that none was trained."""
        self.show(
            Content(
                columns=listing.columns,
                rows=listing.rows,
                number=listing.number,
                signs=lambda entry: signs(entry, entry.run_id in listing.marked),
                sorted_by=listing.sorted_by,
                descending=listing.descending,
                note=f"by {listing.sorted_by} {DOWN if listing.descending else UP}",
                empty=empty or (NONE_FITS if listing.entries else NONE_YET),
            )
        )

    @property
    def entry(self) -> Entry | None:
        """The run under the cursor."""
        row = self.row
        return row if isinstance(row, Entry) else None


def signs(entry: Entry, marked: bool) -> Signs:
    state = entry.summary.status
    sign = "!" if state == BROKEN else SYMBOLS.get(state, " ")
    style = "bold" if marked else ""
    return Signs(MARK if marked else " ", sign, style=style, mark_style="bold", state_style=COLORS.get(state, ""))
