"""Rules that types cannot express: within one document, and between documents.

`check_document` runs all rules of one document, and `fleet_advice` those of a fleet; each file has the rules of one
subject. docs/architecture.md says how to add one.
"""

from slicewise.documents.rules.cluster import check_cluster
from slicewise.documents.rules.deployment import check_scaling
from slicewise.documents.rules.document import check_document
from slicewise.documents.rules.environment import check_pools
from slicewise.documents.rules.finding import Finding
from slicewise.documents.rules.fleet_warnings import fleet_advice
from slicewise.documents.rules.judged_entry import POOLS, at, mended, validated
from slicewise.documents.rules.provisioning import SYSTEM_POOL, check_provisioning
from slicewise.documents.rules.references import NAME, REFERENCE, ReferenceCheck, claimed_models
from slicewise.documents.rules.served_model import SERVING, check_model, check_serving, slices_alone

__all__ = [
    "NAME",
    "POOLS",
    "REFERENCE",
    "SERVING",
    "SYSTEM_POOL",
    "Finding",
    "ReferenceCheck",
    "at",
    "check_cluster",
    "check_document",
    "check_model",
    "check_pools",
    "check_provisioning",
    "check_scaling",
    "check_serving",
    "claimed_models",
    "fleet_advice",
    "mended",
    "slices_alone",
    "validated",
]
