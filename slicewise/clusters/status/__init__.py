"""What runs now, against the plan: each planned service as its cluster has it, and what is no longer planned.

`read_services` reads one cluster, `service_statuses` judges what was read and is pure; `running_placements` says where
deployments run, so that the plan which is compared keeps them there, and `closed_pools` what still runs
where nothing new is to come.
"""

from slicewise.clusters.status.judging import ServiceState, ServiceStatus, of_somebody_else, service_status
from slicewise.clusters.status.reading import read_services, read_services_alone
from slicewise.clusters.status.remaining_services import ClosedPool, RemainingService, closed_pools
from slicewise.clusters.status.running import perhaps_running, running_placements
from slicewise.clusters.status.service_names import deployments_by_service
from slicewise.clusters.status.stacks_of_documents import ApplyingStacks, applying_stacks
from slicewise.clusters.status.unplanned_services import UnplannedService, not_planned, of_unknown_stacks

__all__ = [
    "ApplyingStacks",
    "ClosedPool",
    "RemainingService",
    "ServiceState",
    "ServiceStatus",
    "UnplannedService",
    "applying_stacks",
    "closed_pools",
    "deployments_by_service",
    "not_planned",
    "of_somebody_else",
    "of_unknown_stacks",
    "perhaps_running",
    "read_services",
    "read_services_alone",
    "running_placements",
    "service_status",
]
