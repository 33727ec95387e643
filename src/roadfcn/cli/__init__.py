"""The command line: one file per command, by rooms. Printing and exit codes happen here only."""
