"""From what a user names to sources with names of their own."""
