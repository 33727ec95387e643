"""Which engine runs a model, and models converted for it."""
