"""The models of a generated fleet: one to three ways of serving each, the kind of pool it was made for among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.fleet_documents import Document, document
from bench.hardware import GPUS_PER_NODE, Hardware

# GPUs of a pod, where pools have whole ones: small models are as common as large ones.
_TENSOR_PARALLEL: Final = (1, 1, 1, 2, 2, 4, 4, 8)
_MULTI_NODE_SHARE: Final = 0.3
# Weights and KV cache fill this much of the memory of the unit that was chosen for them.
_FULLNESS: Final = (0.55, 0.98)
_LARGEST: Final = 141


@dataclass(frozen=True)
class ProfileShape:
    """One way of serving a model."""

    name: str
    memory: int
    """GiB that each unit must have."""
    precision: str
    gpus: int = 1
    nodes: int = 1
    interconnect: str | None = None
    mig: str = "any"

    @property
    def units(self) -> int:
        """Units of one replica."""
        return self.gpus * self.nodes

    @property
    def document(self) -> Document:
        """The profile as documents have it."""
        requires: Document = {"memoryPerGpu": f"{self.memory}Gi", "precisionSupport": [self.precision]}
        if self.interconnect:
            requires["interconnect"] = self.interconnect
        if self.nodes > 1:
            requires["interNodeBandwidth"] = "400g"
        if self.mig != "any":
            requires["mig"] = self.mig
        return {
            "name": self.name,
            "engine": {"name": "vLLM", "args": ["--max-model-len=32768"]},
            "replicaTopology": {"nodes": self.nodes, "gpusPerNode": self.gpus, "requires": requires},
        }


@dataclass(frozen=True)
class ModelShape:
    """A model, and the profile for the hardware that it was made for."""

    name: str
    home: ProfileShape
    profiles: tuple[ProfileShape, ...]

    @property
    def document(self) -> Document:
        """The ClusterModel."""
        spec = {
            "model": {"name": self.name},
            "source": "HuggingFace",
            "huggingFace": {"repo": f"example/{self.name}"},
            "resources": {"cpu": "2", "memory": "8Gi"},
            "serving": [profile.document for profile in self.profiles],
        }
        return document("ClusterModel", {"name": self.name}, spec)


def draw_model(rng: random.Random, name: str, hardware: Hardware) -> ModelShape:
    """Return a model that `hardware` serves well, sometimes with profiles that it prefers or falls back to."""
    home = _home(rng, hardware)
    alternatives = list(_alternatives(home))
    others = rng.sample(alternatives, min(len(alternatives), rng.choice((0, 0, 1, 1, 2))))
    # Mostly the hardware's own profile is the model's first choice.
    profiles = [home, *others] if rng.random() < 5 / 6 else [*others, home]
    return ModelShape(name, home, tuple(profiles))


def _home(rng: random.Random, hardware: Hardware) -> ProfileShape:
    precision = "fp8" if "fp8" in hardware.precisions and rng.random() < 1 / 2 else rng.choice(("bf16", "int8"))
    memory = int(hardware.memory * rng.uniform(*_FULLNESS))
    if hardware.mig_profile:
        return ProfileShape(precision, memory, precision)
    if hardware.multi_node and rng.random() < _MULTI_NODE_SHARE:
        return ProfileShape(f"{precision}-x2", memory, precision, GPUS_PER_NODE, nodes=2, interconnect="nvlink")
    gpus = rng.choice(_TENSOR_PARALLEL)
    interconnect = hardware.interconnect if gpus > 1 else None
    mig = "never" if rng.random() < 1 / 4 else "any"
    return ProfileShape(f"{precision}-tp{gpus}", memory, precision, gpus, interconnect=interconnect, mig=mig)


def _alternatives(home: ProfileShape) -> Iterator[ProfileShape]:
    """Yield other ways of serving the model: half the memory in fewer bits, or more memory for more requests."""
    if home.precision in ("bf16", "int8"):
        yield ProfileShape("quantized", home.memory * 6 // 10, "fp8", home.gpus, home.nodes, home.interconnect)
    if home.memory * 3 // 2 <= _LARGEST:
        yield ProfileShape("roomy", home.memory * 3 // 2, home.precision, home.gpus, home.nodes, home.interconnect)
    if home.gpus > 1 and home.nodes == 1 and home.memory * 2 <= _LARGEST:
        yield ProfileShape(
            "fewer-gpus", home.memory * 2, home.precision, home.gpus // 2, interconnect=home.interconnect
        )
