"""One change to the documents that gives a deployment an environment more."""

from slicewise.planning.remedies.finding import Remedies
from slicewise.planning.remedies.remedies_json import lists_with_remedies, remedies_to_dict

__all__ = [
    "Remedies",
    "lists_with_remedies",
    "remedies_to_dict",
]
