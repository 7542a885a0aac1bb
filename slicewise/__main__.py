"""`python -m slicewise`."""

from slicewise.cli.app import main

main()
