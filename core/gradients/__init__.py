"""Gradients side by side: by autograd, by hand and by finite differences."""
