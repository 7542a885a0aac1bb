"""What is wrong, said so that a person can fix it: codes, places, wording."""

from slicewise.diagnostics.codes import Code
from slicewise.diagnostics.diagnostic import (
    MOST_PROBLEMS,
    Advice,
    FieldPath,
    InvalidInputError,
    Problem,
    dotted,
    named,
    quoted,
    shown,
    shown_file,
)
from slicewise.diagnostics.differences import (
    NO_ROOM,
    Difference,
    Found,
    Severity,
    Way,
    by_place,
    errors_first,
    merged,
)
from slicewise.diagnostics.hints import closest, closest_few, did_you_mean, repository_meant, there_are
from slicewise.diagnostics.printable_text import printable, printable_lines
from slicewise.diagnostics.wording import are, counted, have, plural, some

__all__ = [
    "MOST_PROBLEMS",
    "NO_ROOM",
    "Advice",
    "Code",
    "Difference",
    "FieldPath",
    "Found",
    "InvalidInputError",
    "Problem",
    "Severity",
    "Way",
    "are",
    "by_place",
    "closest",
    "closest_few",
    "counted",
    "did_you_mean",
    "dotted",
    "errors_first",
    "have",
    "merged",
    "named",
    "plural",
    "printable",
    "printable_lines",
    "quoted",
    "repository_meant",
    "shown",
    "shown_file",
    "some",
    "there_are",
]
