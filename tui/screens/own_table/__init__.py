"""A table of one's own: its file found, its columns looked through, what becomes of them."""
