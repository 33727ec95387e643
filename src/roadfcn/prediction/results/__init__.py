"""What is written of a picture, and in which forms."""
