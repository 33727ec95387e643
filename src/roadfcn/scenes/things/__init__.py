"""What stands or moves in a street, as bodies."""
