"""Starting a network from weights that are there: ours, or another program's."""
