"""Weights and models as files: `weights` and `export`."""
