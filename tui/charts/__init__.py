"""Plotting in cells: curves, ticks, planes, pictures."""
