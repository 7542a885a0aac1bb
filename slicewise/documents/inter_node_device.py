"""The device by which pods of one replica reach each other's GPUs over the fabric between nodes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from slicewise.documents.allocatable import DeviceName
from slicewise.documents.base import Count, Frozen
from slicewise.documents.environment_variables import EnvironmentVariable


class InterNodeDevice(Frozen):
    """What pods ask for to use the network between nodes; those of replicas that span nodes and require it get it."""

    resource: DeviceName
    """The extended resource that the fabric's device plugin offers, for example rdma/ib; also in allocatable."""
    count: Count = 1
    """How many of it each pod gets."""
    env: Annotated[tuple[EnvironmentVariable, ...], Field(max_length=32)] = ()
    """Variables for the engine of such a pod, for example NCCL_IB_HCA; those of the profile's engine win."""
