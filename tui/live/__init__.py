"""Runs behind screens: trained, followed, and told of when a screen has time."""
