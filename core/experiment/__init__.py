"""What to do, checked before anything is done: one network or a search, from a TOML file, `--set`, a form or a table.
Needs no torch."""
