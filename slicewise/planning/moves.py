"""Why a deployment is not where an earlier plan had it: each kind of reason is a class, and words itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from slicewise.diagnostics import are, counted, named
from slicewise.documents import DeploymentKey
from slicewise.planning.location import Location
from slicewise.planning.reasons import Reason, RejectionCode


class MoveCode(StrEnum):
    """Why a deployment is not where an earlier plan had it, beside the reasons why a pool cannot take it."""

    ENVIRONMENT_GONE = "environment-gone"
    NODE_POOL_GONE = "node-pool-gone"
    RESOURCE_GONE = "resource-gone"
    PROFILE_GONE = "profile-gone"
    FEWER_ENVIRONMENTS = "fewer-environments"


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
    """The nodes of its pool, which offer several GPU resources now, do not offer the one that it had."""

    code: ClassVar[MoveCode] = MoveCode.RESOURCE_GONE
    environment: str
    node_pool: str
    resource: str | None
    """None where the earlier plan does not say it."""

    @property
    def message(self) -> str:
        """Say which."""
        lacking = named(self.resource) if self.resource else "resource that the earlier plan names"
        return f"pool {named(self.node_pool)} of environment {self.environment} offers no {lacking} any more"


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
class Move:
    """A deployment that is not where an earlier plan had it, and why."""

    deployment: DeploymentKey
    source: Location
    target: Location | None
    """Where it is now; None if it is not placed any more."""
    reason: MoveReason | Reason

    @property
    def code(self) -> MoveCode | RejectionCode:
        """Which kind of reason it is."""
        return self.reason.code

    @property
    def text(self) -> str:
        """The reason in words, with what to do where it says so."""
        return self.reason.text if isinstance(self.reason, Reason) else self.reason.message
