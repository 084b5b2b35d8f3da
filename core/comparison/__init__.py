"""Runs side by side: what differs in their settings, how each did, their curves; seeds fold into mean and spread."""
