"""Procedural road scenes with exact labels and calibration, in the KITTI Road layout."""
