"""The process and its terminal: streams, signals, memory, settings, themes."""
