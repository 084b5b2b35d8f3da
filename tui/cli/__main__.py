"""The entry point of `nntui`: the screens without arguments, else the command line; errors in one line, exit codes."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import warnings

from core.errors import UserError, WriteError


def main() -> None:
    """The console script: `run`, and out of the process."""
    try:
        run()
    except SystemExit as end:
        leave(end.code)


def leave(code: str | int | None) -> None:
    """Exit at once: all files are closed, and to take PyTorch down module by module takes a second. Where it is still
    being loaded, behind screens that were closed, it would even end in an abort. Threads that hold the process open are
    waited for in Python's own way."""
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    held = any(not thread.daemon for thread in others)
    if held or not isinstance(code, int):
        sys.exit(code)
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def run() -> None:
    """Carry out the command of `sys.argv`, and raise SystemExit. Exit codes: 0 done, 1 the run failed, 2 bad usage or
    data, 128 + n after signal n."""
    if "NNTUI_DEBUG" not in os.environ:
        warnings.filterwarnings("ignore")  # of libraries, to their users: stderr is for the user of nntui
    from tui.system import signals

    signals.take_over()
    try:
        _run()
    finally:
        signals.let_go()


def _run() -> None:
    """Carry out the command, and raise SystemExit with its code."""
    from tui.system import responsive, streams

    responsive.before_torch()
    streams.prepare()
    try:
        code = _main()
        sys.stdout.flush()
        sys.exit(code)
    except KeyboardInterrupt:  # before there was anything to stop
        sys.exit(130)
    except BrokenPipeError:  # the reader of a list has left
        streams.abandon(sys.stdout)
        sys.exit(141)
    except WriteError as error:
        from core.system.text import clean

        print(f"nntui: {clean(' '.join(str(error).split()))}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO) and error.filename is None:
            streams.abandon(sys.stdout)
            print(f"nntui: cannot write to stdout: {error.strerror}", file=sys.stderr)
            sys.exit(1)
        if "NNTUI_DEBUG" in os.environ:
            raise
        from core.system.text import clean

        print(f"nntui: {clean(' '.join(str(error).split()))}; see it in full with NNTUI_DEBUG=1", file=sys.stderr)
        sys.exit(2)
    except UserError as error:
        from core.system.text import clean

        print(f"nntui: {clean(str(error))}", file=sys.stderr)
        sys.exit(2)


def _main() -> int:
    if not sys.argv[1:]:  # the screens paint sooner when the command line is not built
        from tui.app import open_screens

        return open_screens()
    from tui.cli.commands import execute

    return execute()


if __name__ == "__main__":
    main()
