"""The command line, `slicewise`.

`main` runs it: each command is in the file of its name, `options.py` has what they take, and `app.py` lists them.
"""

from slicewise.cli.app import main

__all__ = ["main"]
