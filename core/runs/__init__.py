"""A run on disk: its folder, its event log, how it is found, summed up and exported."""
