"""Damaged files of every kind that a user can hand to roadfcn, and what must come of them."""
