"""Why a deployment is not where an earlier plan had it: each kind of reason is a class, and words itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from slicewise.diagnostics import are, counted, named
from slicewise.documents import DeploymentKey
from slicewise.mig import WHOLE_GPU_RESOURCE
from slicewise.planning.location import Location
from slicewise.planning.reasons import Reason, RejectionCode


class MoveCode(StrEnum):
    """Why a deployment is not where an earlier plan had it, beside the reasons why a pool cannot take it."""

    ENVIRONMENT_GONE = "environment-gone"
    NODE_POOL_GONE = "node-pool-gone"
    RESOURCE_GONE = "resource-gone"
    OTHER_NODES = "other-nodes"
    PROFILE_GONE = "profile-gone"
    FEWER_ENVIRONMENTS = "fewer-environments"
    DRAINED = "drained"


class MoveReason(ABC):
    """Why a placement of an earlier plan is not kept though no pool has rejected it."""

    __slots__ = ()

    @property
    @abstractmethod
    def code(self) -> MoveCode:
        """Which kind of reason it is."""

    @property
    @abstractmethod
    def message(self) -> str:
        """Say it."""


@dataclass(frozen=True, slots=True)
class EnvironmentGone(MoveReason):
    """Its environment left the documents."""

    code: ClassVar[MoveCode] = MoveCode.ENVIRONMENT_GONE
    environment: str

    @property
    def message(self) -> str:
        """Say which."""
        return f"environment {named(self.environment)} is not declared any more"


@dataclass(frozen=True, slots=True)
class NodePoolGone(MoveReason):
    """Its pool left the environment's document."""

    code: ClassVar[MoveCode] = MoveCode.NODE_POOL_GONE
    environment: str
    node_pool: str

    @property
    def message(self) -> str:
        """Say which."""
        return f"environment {self.environment} has no pool {named(self.node_pool)} any more"


@dataclass(frozen=True, slots=True)
class ResourceGone(MoveReason):
    """The nodes of its pool do not offer the units that it had."""

    code: ClassVar[MoveCode] = MoveCode.RESOURCE_GONE
    environment: str
    node_pool: str
    resource: str | None
    """None where the earlier plan does not say it."""
    mig_profile: str | None = None
    """Of which its slices were."""

    @property
    def message(self) -> str:
        """Say which."""
        lacking = named(self.resource) if self.resource else "resource that the earlier plan names"
        if self.resource == WHOLE_GPU_RESOURCE:
            lacking = f"slices of {named(self.mig_profile)}" if self.mig_profile else "whole GPUs"
        return f"pool {named(self.node_pool)} of environment {self.environment} offers no {lacking} any more"


@dataclass(frozen=True, slots=True)
class OtherNodes(MoveReason):
    """The name of its pool is that of other nodes now."""

    code: ClassVar[MoveCode] = MoveCode.OTHER_NODES
    environment: str
    node_pool: str
    now: str
    """What the pool of its nodes is called."""

    @property
    def message(self) -> str:
        """Say what its nodes are called."""
        return (
            f"the nodes that environment {self.environment} had as pool {named(self.node_pool)} are pool "
            f"{named(self.now)} now"
        )


@dataclass(frozen=True, slots=True)
class ProfileGone(MoveReason):
    """Its serving profile left the model's document."""

    code: ClassVar[MoveCode] = MoveCode.PROFILE_GONE
    profile: str

    @property
    def message(self) -> str:
        """Say which."""
        return f"the model has no profile {named(self.profile)} any more"


@dataclass(frozen=True, slots=True)
class FewerEnvironments(MoveReason):
    """It has as many environments as it asks for."""

    code: ClassVar[MoveCode] = MoveCode.FEWER_ENVIRONMENTS
    wanted: int

    @property
    def message(self) -> str:
        """Say how many."""
        return f"{counted(self.wanted, 'environment')} {are(self.wanted)} asked for now"


@dataclass(frozen=True, slots=True)
class OnePoolEach(MoveReason):
    """The earlier plan had it twice in one environment."""

    code: ClassVar[MoveCode] = MoveCode.FEWER_ENVIRONMENTS

    @property
    def message(self) -> str:
        """Say what holds instead."""
        return "one pool of an environment serves it"


@dataclass(frozen=True, slots=True)
class PoolDrained(MoveReason):
    """What its pool has is to move, and there is room elsewhere."""

    code: ClassVar[MoveCode] = MoveCode.DRAINED
    environment: str
    node_pool: str

    @property
    def message(self) -> str:
        """Say which."""
        return f"pool {named(self.node_pool)} of environment {self.environment} is being drained"


@dataclass(frozen=True, slots=True)
class Move:
    """A deployment that is not where an earlier plan had it, and why."""

    deployment: DeploymentKey
    source: Location
    target: Location | None
    """Where it is now; None if it is not placed any more."""
    reason: MoveReason | Reason
    had: int | None = None
    """How many replicas of the same pods it had there; None where its pods were others, or that is not known."""

    @property
    def code(self) -> MoveCode | RejectionCode:
        """Which kind of reason it is."""
        return self.reason.code

    @property
    def text(self) -> str:
        """The reason in words, with what to do where it says so."""
        return self.reason.text if isinstance(self.reason, Reason) else self.reason.message
