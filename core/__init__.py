"""The engine of nntui: data, networks, training, runs on disk. No user interface is imported here."""

__version__ = "0.1.0"
