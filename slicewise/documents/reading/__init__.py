"""From files to documents: every mistake of every file in one pass.

`load_fleet` takes paths, `load_contents` what was read already.
"""

from slicewise.documents.reading.kinds import KINDS, METADATA
from slicewise.documents.reading.loading import load_contents, load_fleet
from slicewise.documents.reading.schema_problems import bad_value

__all__ = [
    "KINDS",
    "METADATA",
    "bad_value",
    "load_contents",
    "load_fleet",
]
