"""Folds of events: where a run or a search stands, its curves, and what the doctor finds in them. Needs no torch."""
