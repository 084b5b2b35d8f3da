"""The runs screen: all runs of a folder, found, sorted, labelled, marked, deleted and brought back."""
