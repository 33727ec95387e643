"""Segmentation for programs: one call, results as objects."""
