"""Events as the lines that the tutorials print."""
