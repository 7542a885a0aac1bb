"""Rules that types cannot express: within one document, and between documents.

`check_document` runs all rules of one document, and `fleet_advice` those of a fleet; each file has the rules of one
subject. docs/architecture.md says how to add one.
"""

from slicewise.documents.rules.fleet_warnings import fleet_advice
from slicewise.documents.rules.judged_document import validated, value_at
from slicewise.documents.rules.lora import check_name_beside_adapters
from slicewise.documents.rules.own_weights import check_weights_in_pods
from slicewise.documents.rules.prefill import check_prefill_scaling
from slicewise.documents.rules.provisioned_pools import SYSTEM_POOL
from slicewise.documents.rules.references import NAME, REFERENCE, ReferenceCheck, claimed_models
from slicewise.documents.rules.registry import check_broken, check_document, check_model
from slicewise.documents.rules.routes import check_routes
from slicewise.documents.rules.served_model import slices_alone

__all__ = [
    "NAME",
    "REFERENCE",
    "SYSTEM_POOL",
    "ReferenceCheck",
    "check_broken",
    "check_document",
    "check_model",
    "check_name_beside_adapters",
    "check_prefill_scaling",
    "check_routes",
    "check_weights_in_pods",
    "claimed_models",
    "fleet_advice",
    "slices_alone",
    "validated",
    "value_at",
]
