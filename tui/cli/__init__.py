"""nntui without a screen: the commands and what they print."""
