"""From sources to a folder of results, which can be gone on with."""
