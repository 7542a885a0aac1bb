"""The command line, `python -m slicewise`: `app.py` has a function for each command, and calls the file of its name."""
