"""The ground as it is seen: its look, its marks, and the water on it."""
