"""Gradients side by side, and the gradient check."""
