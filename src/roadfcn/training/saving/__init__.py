"""What is saved, so that a run can go on, and whether it may."""
