"""`roadfcn train`, and `python main.py`, which trains too."""
