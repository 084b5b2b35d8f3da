"""The form: an experiment's settings, one by one, and what stands against them."""
