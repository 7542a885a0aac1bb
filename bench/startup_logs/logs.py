"""Reading the startup logs."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from slicewise.sizing import (
    Architecture,
    EngineOptions,
    Unit,
    VllmVersion,
    parse_version,
    read_architecture,
    read_options,
)

GIB: Final = 1 << 30
_HERE: Final = Path(__file__).parent
_ARGUMENTS: Final = {
    "utilization": "gpu-memory-utilization",
    "tensor": "tensor-parallel-size",
    "length": "max-model-len",
    "tokens": "max-num-batched-tokens",
    "sequences": "max-num-seqs",
    "kv_type": "kv-cache-dtype",
}


@dataclass(frozen=True)
class StartupLog:
    """One start of vLLM.

    Attributes:
        model: The model's repository.
        architecture: What its config says.
        version: vLLM's version; None where the log does not say it.
        options: The arguments.
        unit: The GPU; None where its memory is not known.
        weights_gib: "Model loading took"; None where not printed, as all of these.
        cache_gib: "Available KV cache memory".
        cache_tokens: "GPU KV cache size".
        concurrency: "Maximum concurrency".
        starts: Whether it started.
        source: Where it is to be read.
    """

    model: str
    architecture: Architecture
    version: VllmVersion | None
    options: EngineOptions
    unit: Unit | None
    weights_gib: float | None
    cache_gib: float | None
    cache_tokens: int | None
    concurrency: float | None
    starts: bool
    source: str

    @property
    def judged(self) -> bool:
        """Whether it is of a version that verdicts are given for, on a unit that is known."""
        return self.version is not None and self.version.tested and self.unit is not None

    @property
    def rest_gib(self) -> float | None:
        """What the budget held beside weights and cache; None where the log does not tell."""
        share = self.options.gpu_memory_utilization
        if self.unit is None or share is None or self.weights_gib is None or self.cache_gib is None:
            return None
        return self.unit.memory / GIB * share - self.weights_gib - self.cache_gib


def published_configs() -> dict[str, dict[str, Any]]:
    """Return the fields of each model's config that memory goes by."""
    configs: dict[str, dict[str, Any]] = json.loads((_HERE / "configs.json").read_text(encoding="utf-8"))
    return configs


def all_logs() -> tuple[StartupLog, ...]:
    """Return those that the envelope's constants were chosen with."""
    return _logs("logs.csv", published_configs())


def hold_out_logs() -> tuple[StartupLog, ...]:
    """Return those of other models and versions, of which each was compared after it had been computed."""
    configs: dict[str, dict[str, Any]] = json.loads((_HERE / "hold_out_configs.json").read_text(encoding="utf-8"))
    return _logs("hold_out.csv", configs)


def _logs(name: str, configs: Mapping[str, Mapping[str, Any]]) -> tuple[StartupLog, ...]:
    read = {model: read_architecture(config) for model, config in configs.items()}
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return tuple(_log(row, read) for row in csv.DictReader(file))


def _log(row: Mapping[str, str], read: Mapping[str, Architecture]) -> StartupLog:
    arguments = [f"--{option}={row[column]}" for column, option in _ARGUMENTS.items() if row[column]]
    arguments += row.get("arguments", "").split()
    if row["eager"] == "true":
        arguments.append("--enforce-eager")
    return StartupLog(
        model=row["model"],
        architecture=read[row["model"]],
        version=parse_version(row["vllm"]),
        options=read_options(arguments),
        unit=Unit(round(float(row["gpu_gib"]) * GIB)) if row["gpu_gib"] else None,
        weights_gib=_number(row["weights_gib"]),
        cache_gib=_number(row["cache_gib"]),
        cache_tokens=int(row["cache_tokens"]) if row["cache_tokens"] else None,
        concurrency=_number(row["concurrency"]),
        starts=row["result"] == "starts",
        source=row["source"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
