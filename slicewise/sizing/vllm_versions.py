"""What vLLM does differently from version to version, as far as memory goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_VERSION: Final = re.compile(r"v?(?P<major>[0-9]{1,4})\.(?P<minor>[0-9]{1,4})(?:[.\-+a-z][0-9A-Za-z.\-+]*)?")


@dataclass(frozen=True, slots=True, order=True)
class VllmVersion:
    """A version of vLLM: the third number changes no memory.

    Attributes:
        major: 0.
        minor: 23 in 0.23.0.
    """

    major: int
    minor: int

    def __str__(self) -> str:
        """Write it as people do: 0.23."""
        return f"{self.major}.{self.minor}"

    @property
    def tested(self) -> bool:
        """Whether the envelope was compared with startup logs of such versions."""
        return FIRST_TESTED <= self <= LAST_TESTED

    @property
    def counts_graphs(self) -> bool:
        """Whether CUDA graphs are taken from the budget: since 0.20 (v1/worker/gpu_worker.py)."""
        return self >= VllmVersion(0, 20)

    @property
    def utilization(self) -> float:
        """The default of `--gpu-memory-utilization` (config/cache.py)."""
        return 0.92 if self >= VllmVersion(0, 20) else 0.9

    @property
    def splits_large(self) -> bool:
        """Whether weights share large blocks of the allocator: up to 0.20 (v1/worker/gpu_worker.py, load_model)."""
        return self < VllmVersion(0, 21)

    @property
    def counts_batches_in_flight(self) -> bool:
        """Whether windows are kept for all batches in flight: since 0.26 (v1/kv_cache_interface.py)."""
        return self >= VllmVersion(0, 26)

    @property
    def caches_prefixes_of_hybrids(self) -> bool:
        """Whether prefix caching is on by default for hybrids: since 0.26 (config/model.py)."""
        return self >= VllmVersion(0, 26)

    @property
    def may_run_new_sampler(self) -> bool:
        """Whether some models run by model runner V2, whose sampler needs less: since 0.23 (config/vllm.py)."""
        return self >= VllmVersion(0, 23)

    @property
    def loads_by_layer(self) -> bool:
        """Whether FP8 is made of a checkpoint layer by layer: since 0.16; before, all of it is loaded first."""
        return self >= VllmVersion(0, 16)


FIRST_TESTED: Final = VllmVersion(0, 17)
"""The first version that the envelope holds for: before it, the sampler took more than twice as much."""
LAST_TESTED: Final = VllmVersion(0, 33)
"""The last one whose source was read."""
KSERVE_PRESET: Final = VllmVersion(0, 23)
"""The version of KServe 0.20's presets: ghcr.io/llm-d/llm-d-cuda:v0.8.0 has vLLM 0.23.0."""


def parse_version(text: str) -> VllmVersion | None:
    """Return the version that a text means (`0.23.0`, `v0.23.0rc1`); None where it is not one."""
    match = _VERSION.fullmatch(text.strip())
    return VllmVersion(int(match["major"]), int(match["minor"])) if match else None
