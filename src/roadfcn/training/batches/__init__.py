"""From frames to batches, for one or several processes."""
