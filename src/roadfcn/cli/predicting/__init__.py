"""`roadfcn predict`."""
