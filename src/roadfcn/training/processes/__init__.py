"""What processes and signals have to do with a run."""
