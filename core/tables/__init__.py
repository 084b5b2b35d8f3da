"""A table of one's own: read as people have it, understood column by column, encoded for a network."""
