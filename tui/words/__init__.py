"""Every text once, for screen and plain output alike."""
