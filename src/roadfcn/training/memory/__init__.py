"""How much memory a run takes, and what is done with what it frees."""
