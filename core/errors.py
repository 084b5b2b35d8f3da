"""The errors that a user can put right. Anything else that is raised is a defect of ours."""

from __future__ import annotations

import errno


class UserError(Exception):
    """One line for the user: what is wrong, where, and what to do about it. The command line exits with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))  # a key or a path may hold newlines


class ConfigError(UserError):
    """An experiment, a key or a value that cannot be used."""


class DataError(UserError):
    """A dataset that is missing, incomplete or not what it says it is."""


class RunError(UserError):
    """A run that cannot be found, read, written or resumed."""


def first_line(error: BaseException) -> str:
    """What a library says went wrong: many say it over several lines, some not at all."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class WriteError(OSError):
    """A file that cannot be written. As text one line: the file, why, and what to do about it."""

    def __str__(self) -> str:
        remedy = _REMEDIES.get(self.errno or 0, "see whether its disk is well")
        return f"cannot write {self.filename}: {self.strerror}; {remedy}"


_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room there, or choose another folder"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "make it writable, or choose another folder"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.ESTALE), "its folder was removed meanwhile"),
    errno.EFBIG: "no file may become so large here; see: ulimit -f",
}
