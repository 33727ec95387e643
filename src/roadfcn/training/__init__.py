"""Training on Lightning: the only room that knows Lightning and Kornia."""
