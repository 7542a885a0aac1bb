"""One change to the documents that gives a deployment an environment more."""

from slicewise.planning.remedies.finding import Remedies, plan_with_remedies, remedy_to_dict

__all__ = [
    "Remedies",
    "plan_with_remedies",
    "remedy_to_dict",
]
