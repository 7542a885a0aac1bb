"""Which pool of which environment serves which deployment: capacity, matching and planning, as pure functions."""

from slicewise.planning.accounting import Account, AccountsBy, accounts_by, accounts_to_dict, pool_costs
from slicewise.planning.advice import ROLLS_WITHOUT_SURGE
from slicewise.planning.capacity import (
    ChargedPool,
    NodeSize,
    OfferName,
    OnDemandNode,
    PlannedCharge,
    PodSize,
    PoolName,
    SharedPod,
    charged_pools,
    is_sound,
    is_sound_on,
    is_sound_on_demand,
    node_size,
    node_units,
    resource_in_words,
)
from slicewise.planning.declared_units import offered_pools, offered_units
from slicewise.planning.engine_fit import JudgedEngine, judged_engine, unchecked_models
from slicewise.planning.explaining import (
    Candidate,
    Rejections,
    Verdict,
    candidate_place,
    candidate_to_dict,
    candidates,
    grouped,
    nearest_miss,
    no_remedy,
    place_in_words,
    prospects,
)
from slicewise.planning.in_gpus import GpuSums, gpu_equivalents, gpu_sums, gpus_in_words
from slicewise.planning.location import Location, pool_in_words
from slicewise.planning.matching import reject_candidate
from slicewise.planning.moves import Move, MoveCode
from slicewise.planning.placement_addresses import placement_endpoint
from slicewise.planning.plan import OnShortfall, Placement, Plan, PoolUsage, Shortfall, placements_by_environment
from slicewise.planning.plan_elsewhere import decided_plan, lacking
from slicewise.planning.plan_json import PlanLists, endpoint_to_dict, plan_lists, read_lists
from slicewise.planning.plan_outputs import output_entries, plan_to_outputs
from slicewise.planning.previous_placements import PreviousPlacement, PreviousPrefill, parse_previous
from slicewise.planning.quotas import quotas_to_list
from slicewise.planning.reasons import RejectionCode
from slicewise.planning.rejection_groups import RejectionGroup
from slicewise.planning.remedies import Remedies, lists_with_remedies, remedies_to_dict
from slicewise.planning.search import DecisionLog, make_plan
from slicewise.planning.short_entries import ADDRESSES, line_of_parts

__all__ = [
    "ADDRESSES",
    "ROLLS_WITHOUT_SURGE",
    "Account",
    "AccountsBy",
    "Candidate",
    "ChargedPool",
    "DecisionLog",
    "GpuSums",
    "JudgedEngine",
    "Location",
    "Move",
    "MoveCode",
    "NodeSize",
    "OfferName",
    "OnDemandNode",
    "OnShortfall",
    "Placement",
    "Plan",
    "PlanLists",
    "PlannedCharge",
    "PodSize",
    "PoolName",
    "PoolUsage",
    "PreviousPlacement",
    "PreviousPrefill",
    "RejectionCode",
    "RejectionGroup",
    "Rejections",
    "Remedies",
    "SharedPod",
    "Shortfall",
    "Verdict",
    "accounts_by",
    "accounts_to_dict",
    "candidate_place",
    "candidate_to_dict",
    "candidates",
    "charged_pools",
    "decided_plan",
    "endpoint_to_dict",
    "gpu_equivalents",
    "gpu_sums",
    "gpus_in_words",
    "grouped",
    "is_sound",
    "is_sound_on",
    "is_sound_on_demand",
    "judged_engine",
    "lacking",
    "line_of_parts",
    "lists_with_remedies",
    "make_plan",
    "nearest_miss",
    "no_remedy",
    "node_size",
    "node_units",
    "offered_pools",
    "offered_units",
    "output_entries",
    "parse_previous",
    "place_in_words",
    "placement_endpoint",
    "placements_by_environment",
    "plan_lists",
    "plan_to_outputs",
    "pool_costs",
    "pool_in_words",
    "prospects",
    "quotas_to_list",
    "read_lists",
    "reject_candidate",
    "remedies_to_dict",
    "resource_in_words",
    "unchecked_models",
]
