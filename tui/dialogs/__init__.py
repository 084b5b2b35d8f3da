"""Small screens that ask one thing."""
