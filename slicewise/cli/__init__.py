"""The command line: `python -m slicewise`."""
