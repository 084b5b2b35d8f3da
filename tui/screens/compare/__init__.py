"""The compare screen: curves of several runs over each other, how each did, and what differs in their settings."""
