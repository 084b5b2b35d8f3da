"""One run, live or past: curves, figures, numbers and its log."""
