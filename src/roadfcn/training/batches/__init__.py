"""From frames to batches, for one or several processes, and at which of them a run is."""
