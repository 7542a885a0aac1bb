"""Why a pool cannot take a deployment: each kind of reason is a class with its numbers, and words itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Protocol, Self, TypeVar

from slicewise.diagnostics import Code, Statement, counted
from slicewise.documents import QUANTISED, Precision
from slicewise.kubernetes import GIB, Quantity, readable

_Number = TypeVar("_Number", int, float)


class RejectionCode(StrEnum):
    """Why a pool cannot take a deployment, in the order in which a person would fix it: capacity comes last."""

    ENVIRONMENT_SELECTOR = "environment-selector"
    PROFILE_SELECTOR = "profile-selector"
    NODE_POOL_SELECTOR = "node-pool-selector"
    INSUFFICIENT_MEMORY = "insufficient-memory"
    PRECISION_UNSUPPORTED = "precision-unsupported"
    INTERCONNECT = "interconnect"
    INTER_NODE_BANDWIDTH = "inter-node-bandwidth"
    NVLINK_DOMAIN = "nvlink-domain"
    MULTI_NODE_UNSUPPORTED = "multi-node-unsupported"
    GPUS_PER_NODE = "gpus-per-node"
    MIG_SINGLE_DEVICE = "mig-single-device"
    MIG_NOT_ALLOWED = "mig-not-allowed"
    MIG_REQUIRED = "mig-required"
    NOT_ENOUGH_NODES = "not-enough-nodes"
    ENGINE_MEMORY = "engine-memory"
    NOT_ACCEPTING = "not-accepting"
    QUOTA = "quota"
    PREFILL = "prefill"
    CAPACITY = "capacity"


class Reason(ABC):
    """Why one pool cannot take a deployment with one profile, as data: what it has, and what is needed."""

    __slots__ = ()

    @property
    @abstractmethod
    def code(self) -> RejectionCode:
        """Which kind of reason it is."""

    @property
    @abstractmethod
    def message(self) -> str:
        """Say it, with its numbers."""

    @property
    def remedy(self) -> str:
        """What to write or do; empty where remedies of the whole plan say it."""
        return ""

    @property
    def text(self) -> str:
        """The message and what to do, in one sentence."""
        return Statement(self.message, self.remedy).text

    @property
    def alike(self) -> Hashable:
        """What reasons of one class must have in common to be said in one sentence."""
        return self

    def said_of(self, group: Sequence[Self]) -> str:
        """Say what holds of all of `group`, reasons that are alike."""
        return group[0].text


class ReasonWithNumbers(Reason):
    """A reason that is said of many candidates in one sentence, with ranges where they differ in numbers."""

    @property
    @abstractmethod
    def alike(self) -> Hashable:
        """What reasons of one class must have in common; the rest is a range then."""

    @abstractmethod
    def said_of(self, group: Sequence[Self]) -> str:
        """Say what holds of all of `group`, with the least and the most of each number."""

    @cached_property
    def message(self) -> str:
        """Say it, with its numbers: once, as many candidates have one reason."""
        return self.said_of([self])


def spread(numbers: Iterable[_Number], show: Callable[[_Number], str] = str) -> str:
    """Write the number that all of `numbers` are, or the least and the most of them: `8`, `8 to 24`."""
    found = list(numbers)
    low, high = min(found), max(found)
    return show(low) if low == high else f"{show(low)} to {show(high)}"


def _spread_counted(numbers: Iterable[int], noun: str) -> str:
    found = list(numbers)
    return counted(found[0], noun) if min(found) == max(found) else f"{spread(found)} {noun}s"


def spread_memory(amounts: Iterable[Quantity]) -> str:
    """Write the amount that all of `amounts` are, or the least and the most of them: `20Gi`, `9 to 20Gi`."""
    found = list(amounts)
    least, most = min(found), max(found)
    if least == most:
        return readable(least)
    low, high = Quantity.parse(readable(least)), Quantity.parse(readable(most))
    return f"{low.number if low.suffix == high.suffix else low} to {high}"


@dataclass(frozen=True)
class SelectorMismatch(ReasonWithNumbers):
    """A selector asks for a label that the environment or the pool does not carry."""

    kind: RejectionCode
    selector: str
    """Whose selector it is, in words."""
    key: str
    wanted: str
    found: str | None
    """The label's value; None where there is no such label."""

    @property
    def code(self) -> RejectionCode:
        """Which of the three selectors it is."""
        return self.kind

    @property
    def alike(self) -> Hashable:
        """What is wanted: the values that are found may differ."""
        return (self.kind, self.selector, self.key, self.wanted)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say what is wanted, and what is there if that is the same everywhere."""
        wants = f"{self.selector} wants {self.key}={self.wanted}"
        if len({each.found for each in group}) > 1:
            return wants
        return f"{wants}; {'there is no such label' if self.found is None else f'the label is {self.found}'}"


@dataclass(frozen=True)
class InsufficientMemory(ReasonWithNumbers):
    """A unit has less memory than a profile requires."""

    code: ClassVar[RejectionCode] = RejectionCode.INSUFFICIENT_MEMORY
    has: Quantity
    needs: Quantity
    slices: bool

    @property
    def alike(self) -> Hashable:
        """What is needed, of slices or of GPUs."""
        return (self.needs, self.slices)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say what a unit has, and what it needs."""
        unit = "slice" if self.slices else "GPU"
        return f"a {unit} has {spread_memory(each.has for each in group)}, needs {readable(self.needs)}"


@dataclass(frozen=True, slots=True)
class PrecisionUnsupported(Reason):
    """GPUs do not compute in a number format."""

    code: ClassVar[RejectionCode] = RejectionCode.PRECISION_UNSUPPORTED
    missing: frozenset[Precision]
    declared: frozenset[Precision]

    @property
    def message(self) -> str:
        """Say which formats are missing, and which there are."""
        declared = ", ".join(sorted(self.declared)) or "not declared"
        return f"needs {', '.join(sorted(self.missing))}; precisionSupport is {declared}"

    @property
    def remedy(self) -> str:
        """What to require of GPUs for quantised weights: vLLM computes with them in 16 bits where need be."""
        computed = computed_instead(self.missing, self.declared)
        return f"where only the weights are {' or '.join(sorted(self.missing))}, require {computed}" if computed else ""


def computed_instead(missing: AbstractSet[Precision], declared: AbstractSet[Precision]) -> Precision | None:
    """Return the 16-bit format that vLLM can compute in where only the weights are in the `missing` formats."""
    if not missing <= QUANTISED:
        return None
    return next((each for each in (Precision.BF16, Precision.FP16) if each in declared), None)


@dataclass(frozen=True, slots=True)
class InterconnectTooSlow(Reason):
    """The GPUs of a node reach each other more slowly than required; slices do not at all (NVIDIA MIG User Guide)."""

    code: ClassVar[RejectionCode] = RejectionCode.INTERCONNECT
    has: str | None
    needs: str
    slices: bool

    @property
    def message(self) -> str:
        """Say how they are joined, and what is needed."""
        joined = f"the GPUs are joined by {self.has}" if self.has else "interconnect is not declared"
        return f"{'slices do not reach each other' if self.slices else joined}, needs {self.needs}"


@dataclass(frozen=True, slots=True)
class NetworkTooSlow(Reason):
    """The network between nodes is slower than required, of another fabric, or not declared."""

    code: ClassVar[RejectionCode] = RejectionCode.INTER_NODE_BANDWIDTH
    has: str | None
    needs: str

    @property
    def message(self) -> str:
        """Say what it is, and what is needed."""
        return f"the network between nodes is {self.has or 'not declared'}, needs {self.needs}"


@dataclass(frozen=True)
class NvlinkDomainTooSmall(ReasonWithNumbers):
    """Fewer GPUs are in one NVLink domain than required; it does not reach slices at all."""

    code: ClassVar[RejectionCode] = RejectionCode.NVLINK_DOMAIN
    has: int | None
    needs: int
    slices: bool

    @property
    def alike(self) -> Hashable:
        """What is needed, and whether there is a number to compare it with."""
        return (self.needs, self.slices, self.slices or self.has is None)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how large it is, and what is needed."""
        sizes = [each.has for each in group if each.has]
        size = f"is {_spread_counted(sizes, 'GPU')}" if sizes else "is not declared"
        size = "does not reach slices" if self.slices else size
        return f"the NVLink domain {size}, needs {counted(self.needs, 'GPU')}"


@dataclass(frozen=True, slots=True)
class MultiNodeUnsupported(Reason):
    """A replica spans nodes, and the pool does not say that it joins them."""

    code: ClassVar[RejectionCode] = RejectionCode.MULTI_NODE_UNSUPPORTED
    needs: int

    @property
    def message(self) -> str:
        """Say how many nodes it spans."""
        return f"a replica spans {self.needs} nodes; multiNodeCapable is false"


@dataclass(frozen=True)
class TooFewGpus(ReasonWithNumbers):
    """A node has fewer GPUs than one pod asks for."""

    code: ClassVar[RejectionCode] = RejectionCode.GPUS_PER_NODE
    has: int
    needs: int

    @property
    def alike(self) -> Hashable:
        """What is needed."""
        return self.needs

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how many a node has, and how many are needed."""
        return f"a node has {_spread_counted((each.has for each in group), 'GPU')}, needs {self.needs}"


@dataclass(frozen=True, slots=True)
class SingleSlice(Reason):
    """A pod gets one slice, and a replica asks for more."""

    code: ClassVar[RejectionCode] = RejectionCode.MIG_SINGLE_DEVICE
    needs: int

    @property
    def message(self) -> str:
        """Say what it asks for."""
        return f"a pod gets one slice, a replica needs {self.needs} GPUs"

    @property
    def remedy(self) -> str:
        """How slices serve more."""
        return "scale by replicas"


@dataclass(frozen=True, slots=True)
class SlicesNotAllowed(Reason):
    """The profile takes whole GPUs only, and the pool has slices."""

    code: ClassVar[RejectionCode] = RejectionCode.MIG_NOT_ALLOWED
    mig_profile: str

    @property
    def message(self) -> str:
        """Say which slices they are."""
        return f"the pool is cut into {self.mig_profile} slices; the profile has mig: never"


@dataclass(frozen=True, slots=True)
class SlicesRequired(Reason):
    """The profile takes slices only, and the pool has whole GPUs."""

    code: ClassVar[RejectionCode] = RejectionCode.MIG_REQUIRED

    @property
    def message(self) -> str:
        """Say so."""
        return "the pool has whole GPUs; the profile has mig: only"


@dataclass(frozen=True)
class TooFewNodes(ReasonWithNumbers):
    """The pool never has as many nodes as one replica spans."""

    code: ClassVar[RejectionCode] = RejectionCode.NOT_ENOUGH_NODES
    has: int
    needs: int

    @property
    def alike(self) -> Hashable:
        """What is needed."""
        return self.needs

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how many the pool has at most, and how many are needed."""
        has = _spread_counted((each.has for each in group), "node")
        return f"the pool has at most {has}, a replica needs {self.needs}"


class EngineShortage(Protocol):
    """What an engine lacks on a unit; it is computed when somebody asks."""

    @property
    def enough(self) -> int | None:
        """Bytes with which it surely starts; None where no unit is enough."""

    @property
    def why(self) -> Code:
        """Which sum says so."""

    @property
    def arithmetic(self) -> str:
        """The sum in words."""


@dataclass(frozen=True)
class EngineMemoryTooSmall(ReasonWithNumbers):
    """The engine surely does not start on a unit: it needs more than that has."""

    code: ClassVar[RejectionCode] = RejectionCode.ENGINE_MEMORY
    has: int
    """Bytes of a unit."""
    shortage: EngineShortage = field(metadata={"facts": ("enough", "why", "arithmetic")})
    slices: bool

    @property
    def alike(self) -> Hashable:
        """What is wrong, and whether it is slices."""
        return (self.shortage.why, self.shortage.enough, self.slices)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say what a unit has, the arithmetic where it is one, and what is enough."""
        unit = "slice" if self.slices else "GPU"
        has = spread((each.has for each in group), lambda size: f"{size / GIB:.2f} GiB")
        sums = {each.shortage.arithmetic for each in group}
        why = f": {self.shortage.arithmetic}" if len(sums) == 1 else ""
        enough = f"; {self.shortage.enough / GIB:.2f} GiB are surely enough" if self.shortage.enough is not None else ""
        return f"the engine does not start on a {unit} of {has}{why}{enough}"
