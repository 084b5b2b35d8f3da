"""From an experiment to tensors: split, scaled, checked, and kept so that the same can be done again."""
