"""The entry point of `nntui`: the screens without arguments, else the command line; errors in one line, exit codes."""

from __future__ import annotations

import os
import sys
import warnings

from core.errors import UserError


def main() -> None:
    """The console script. Exit codes: 0 done, 1 the run failed, 2 bad usage or data, 128 + n after signal n."""
    if "NNTUI_DEBUG" not in os.environ:
        warnings.filterwarnings("ignore")  # of libraries, to their users: stderr is for the user of nntui
    try:
        sys.exit(_main())
    except UserError as error:
        from core.text import clean

        print(f"nntui: {clean(str(error))}", file=sys.stderr)
        sys.exit(2)


def _main() -> int:
    if not sys.argv[1:]:  # the screens paint sooner when the command line is not built
        from tui.app import open_screens

        return open_screens()
    from tui.commands import execute

    return execute()


if __name__ == "__main__":
    main()
