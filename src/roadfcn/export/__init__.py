"""Models of ours in other engines' forms, each with the proof that it answers as before."""
