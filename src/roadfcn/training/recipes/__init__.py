"""The recipe of a run: every setting, its limits, and the YAML it comes from."""
