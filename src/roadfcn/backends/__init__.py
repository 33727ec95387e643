"""One protocol for running a saved model, and the engines behind it."""
