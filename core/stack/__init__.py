"""Many networks learn as one."""
