"""Scores as a page that a person likes to read."""
