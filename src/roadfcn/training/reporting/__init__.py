"""What is written while a run goes on: curves, tables, pictures, and the best model so far."""
