"""A recipe in, a run folder with the best model and its scores out."""
