"""From a live cluster to the document that describes it.

`describe_cluster` takes the facts of `live` and returns the text of an InferenceEnvironment.
"""

from slicewise.clusters.discover.discovery import NOT_DESCRIBED, NothingToDeclareError, describe_cluster
from slicewise.clusters.discover.grouping import usable_offers
from slicewise.clusters.discover.pool_names import dns_label

__all__ = [
    "NOT_DESCRIBED",
    "NothingToDeclareError",
    "describe_cluster",
    "dns_label",
    "usable_offers",
]
