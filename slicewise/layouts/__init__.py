"""How GPUs are best cut: the fewest for what is needed, the most on those that there are, with bounds that hold.

    board = find_gpu_model("a100-80gb")
    fewest_gpus_for(board, slice_needs({"1g.10gb": 5, "3g.40gb": 2}), seconds=10).gpus  # 2, and bound 2

`propose_for_fleet` does it for documents: planning says what a layout serves, so that a proposal is what the plan makes
of it.

A need is met by any mix of its ways (`SliceNeed`), as a replica is by any of its serving profiles. Pure functions; the
extra `layout` (OR-Tools) proves what counting does not.
"""

from slicewise.layouts.answers import CutGpus
from slicewise.layouts.covering import fewest_gpus_for, slices_taken
from slicewise.layouts.edited_documents import proposed_documents
from slicewise.layouts.filling import most_slices_on
from slicewise.layouts.fleet_layout import FleetLayout, propose_for_fleet, served_replicas
from slicewise.layouts.fleet_program import NewCut
from slicewise.layouts.gpu_cuts import GpuCut, NodeGpus, PlacedSlice, cut_into, fullest_cuts
from slicewise.layouts.integer_program import solver_is_installed
from slicewise.layouts.mig_parted import mig_parted_config
from slicewise.layouts.needs import SliceNeed, WayToMeet, slice_needs
from slicewise.layouts.pool_proposal import PoolProposal
from slicewise.layouts.rollout import CutStep, MoveStep, RolloutStep
from slicewise.layouts.split_pools import CUT_LABEL, KEPT

__all__ = [
    "CUT_LABEL",
    "KEPT",
    "CutGpus",
    "CutStep",
    "FleetLayout",
    "GpuCut",
    "MoveStep",
    "NewCut",
    "NodeGpus",
    "PlacedSlice",
    "PoolProposal",
    "RolloutStep",
    "SliceNeed",
    "WayToMeet",
    "cut_into",
    "fewest_gpus_for",
    "fullest_cuts",
    "mig_parted_config",
    "most_slices_on",
    "propose_for_fleet",
    "proposed_documents",
    "served_replicas",
    "slice_needs",
    "slices_taken",
    "solver_is_installed",
]
