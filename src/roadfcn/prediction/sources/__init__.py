"""What can be predicted, one source at a time."""
