"""From a live cluster to the document that describes it."""

from slicewise.clusters.discover.discovery import NothingToDeclareError, describe_cluster
from slicewise.clusters.discover.grouping import usable_offers
from slicewise.clusters.discover.pool_names import dns_label

__all__ = [
    "NothingToDeclareError",
    "describe_cluster",
    "dns_label",
    "usable_offers",
]
