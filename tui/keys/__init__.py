"""Keys: what one is, those that all screens share, and those that steer. A feature's own lie with the feature."""
