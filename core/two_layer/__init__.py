"""The maths of the two-layer network in NumPy, and nothing else."""
