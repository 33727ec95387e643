"""Scores from integers and arrays, numpy only."""
