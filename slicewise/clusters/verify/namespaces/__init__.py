"""Whether namespaces admit the pods of the plan, by admission's own rules."""

from slicewise.clusters.verify.namespaces.namespaces import check_namespaces

__all__ = [
    "check_namespaces",
]
