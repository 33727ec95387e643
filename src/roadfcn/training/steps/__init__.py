"""One step: changed frames, the network, the loss, and whether it is still a number."""
