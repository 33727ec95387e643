"""What is learned from: frames, stored features of frames, in which order, mixture and batch."""
