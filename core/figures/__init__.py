"""Pictures while training: as data here, drawn by whoever looks."""
