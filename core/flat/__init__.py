"""A step of a chain of linear layers by hand, on one flat vector: bit for bit PyTorch's own, without its overhead."""
