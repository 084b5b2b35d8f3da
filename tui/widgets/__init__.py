"""Widgets: one idea each. They are shown data and know nothing of screens or runs."""
