"""What is written of a run while it goes on."""
