"""The command line, `slicewise`.

`main` runs it: `app.py` has a function for each command, which calls the file of its name, and `options.py` has what
they take.
"""

from slicewise.cli.app import main

__all__ = ["main"]
