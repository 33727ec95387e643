"""Weights that other programs wrote, brought under our names. Builds no network."""
