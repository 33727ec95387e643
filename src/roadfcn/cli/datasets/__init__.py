"""What is learned from: `data` and `scenes`."""
