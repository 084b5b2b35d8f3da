"""All trials of a search as one stream: cells proposed, trained in groups, pruned, ranked, kept."""
