"""The command line: one file per command. Printing and exit codes happen here only."""
