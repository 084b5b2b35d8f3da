"""A search, live or past: its trials as a table, curves and a heat map."""
