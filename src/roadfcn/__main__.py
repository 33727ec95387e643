"""`python -m roadfcn` is the command `roadfcn`."""

from roadfcn.cli.app import main

main()
