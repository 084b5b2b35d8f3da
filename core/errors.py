"""The errors that a user can put right. Anything else that is raised is a defect of ours."""


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
