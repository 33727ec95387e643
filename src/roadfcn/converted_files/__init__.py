"""Models that were exported for other engines: what their files say of themselves."""
