"""Videos and cameras: their frames, their sound, and labels that hold still."""
