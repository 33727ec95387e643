"""One picture through a network: at any size, in windows, in several views."""
