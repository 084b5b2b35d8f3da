"""The machine: files, folders, memory, processes, text and time."""
