"""The commands of `nntui`. Heavy things are imported inside them: `--version` needs neither torch nor textual."""

from __future__ import annotations

from typing import Annotated

import typer

from core import __version__
from core.errors import UserError
from tui.cli import compare, data, keys, label, lists, predict, run, runs, show, trash, worker
from tui.cli.options import DataDir, ModelsDir, Use, load_components
from tui.cli.typed import command_of

app = typer.Typer(
    name="nntui",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _command in (run.run, run.resume, lists.presets, runs.runs, show.show, compare.compare):
    app.command()(_command)
for _label in (label.tag, label.note, label.rename):
    app.command()(_label)
app.command()(trash.delete)
app.command(context_settings={"ignore_unknown_options": True})(predict.predict)  # a number below 0 is a value
app.command()(lists.components)
app.command()(keys.keys)
app.command()(show.export)
app.add_typer(trash.app)
app.add_typer(data.app)
app.add_typer(worker.app)


def execute() -> int:
    """Carry out `sys.argv` and return the exit code. Raises UserError, also for what Typer finds wrong."""
    try:
        code: int | None = command_of(app)(standalone_mode=False)
    except typer.TyperException as error:
        raise UserError(f"{error.format_message().rstrip('.')}; see: nntui --help") from None
    return code or 0


@app.callback(invoke_without_command=True)
def screens(
    context: typer.Context,
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
    use: Use = None,
    low_bandwidth: Annotated[
        bool, typer.Option("--low-bandwidth", help="Paint the screens rarely: for a slow link, at most 3 KB/s.")
    ] = False,
    mouse: Annotated[
        bool | None,
        typer.Option(
            "--mouse/--no-mouse",
            help="Whether the screens use the mouse; else as in the settings, and not within GNU screen.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Train neural networks in the terminal. Without a command, nntui opens its screens."""
    if version:
        print(f"nntui {__version__}")
        raise typer.Exit
    load_components(use)
    if context.invoked_subcommand is not None:  # what is said before a command holds for it, too
        given = {"models_dir": models_dir, "data_dir": data_dir}
        given = {name: value for name, value in given.items() if value is not None}
        context.default_map = {context.invoked_subcommand: given}
        return
    from tui.app import open_screens

    raise typer.Exit(open_screens(models_dir, data_dir, low_bandwidth=low_bandwidth, mouse=mouse))
