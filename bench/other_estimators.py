"""What other tools compute for the same startup logs: llm-d-planner and hf-mem, from requirements-bench.txt.

Both take a model's config from the Hub, and parameters by number format from its safetensors headers. Here both get the
config of the log, and the parameters that its tensors have, which are those of the published headers.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from types import SimpleNamespace
from typing import Any, Final

from bench.result_tables import Table
from bench.sizing import Compared
from bench.startup_logs import published_configs
from slicewise.sizing import Architecture

GIB: Final = 1 << 30
_TOOLS: Final = ("planner.capacity_planner", "hf_mem.safetensors.kv_cache")
_PACKED: Final = 4


@dataclass(frozen=True)
class Errors:
    """Relative errors of one tool over the logs, each beside what vLLM printed.

    Attributes:
        tool: Its name.
        weights: "Model loading took".
        request: Cache that one request takes: the printed GiB of cache divided by the printed concurrency.
        cache: GiB that are left for the cache.
    """

    tool: str
    weights: tuple[float, ...]
    request: tuple[float, ...]
    cache: tuple[float, ...]


def other_errors(rows: Sequence[Compared]) -> list[Errors]:
    """Return the errors of Slicewise and of the other tools on the same logs.

    Raises:
        ModuleNotFoundError: They are not installed.
    """
    planner, memory = (importlib.import_module(name) for name in _TOOLS)
    configs = published_configs()
    logs = [row for row in rows if row.log.judged and row.log.concurrency and row.log.weights_gib]
    ours, theirs, hub = [], [], []
    for row in logs:
        config = _completed(configs[row.log.model], row.log.architecture)
        ours.append(_ours(row))
        theirs.append(_planner(planner, row, config))
        hub.append(_hf_mem(memory, row, config))
    return [_errors("Slicewise", ours), _errors("llm-d-planner 0.3.3", theirs), _errors("hf-mem 0.5.6", hub)]


def other_table(errors: Sequence[Errors]) -> Table:
    """Return the errors of all tools."""
    columns = ("tool", "logs", "weights, mean", "worst", "request, mean", "worst", "cache, mean", "worst")
    rows = [
        (each.tool, str(len(each.request)), *_shown(each.weights), *_shown(each.request), *_shown(each.cache))
        for each in errors
    ]
    return Table("Errors beside what vLLM printed", columns, rows)


def _shown(errors: Sequence[float]) -> tuple[str, str]:
    if not errors:
        return "", ""
    return f"{mean(map(abs, errors)):.2%}", f"{max(errors, key=abs):+.1%}"


_Estimate = tuple[float | None, float | None, float | None]


def _errors(tool: str, estimates: Sequence[_Estimate]) -> Errors:
    columns = [tuple(value for value in column if value is not None) for column in zip(*estimates, strict=True)]
    return Errors(tool, *columns)


def _printed(row: Compared) -> tuple[float, float, float]:
    """Return what a log prints: weights, cache of a request, cache; in GiB."""
    log = row.log
    cache = log.cache_gib or 0.0
    return log.weights_gib or 0.0, cache / (log.concurrency or 1), cache


def _ours(row: Compared) -> _Estimate:
    weights, request, cache = _printed(row)
    available = row.sizing.available if row.sizing else None
    left = (available.low + available.high) / 2 / GIB / cache - 1 if available else None
    needed = row.sizing.needed if row.sizing else None
    return row.memory.weights / GIB / weights - 1, needed / GIB / request - 1 if needed else None, left


def _planner(module: Any, row: Compared, config: Mapping[str, Any]) -> _Estimate:  # noqa: ANN401 - a module
    weights, request, cache = _printed(row)
    log = row.log
    ranks = log.options.tensor
    counts = _parameters(log.architecture)
    module.model_params_by_dtype = lambda *_: counts
    space = _namespace(config)
    length, share = log.options.max_model_len, log.options.gpu_memory_utilization
    total = log.unit.memory / GIB if log.unit else 0
    left = module.allocatable_kv_cache_memory(log.model, space, total, share, ranks, 1, 1, length) / ranks
    own = module.per_gpu_model_memory_required(log.model, space, ranks)
    one = module.kv_cache_req(log.model, space, length) / ranks
    return own / weights - 1, one / request - 1, left / cache - 1


def _hf_mem(module: Any, row: Compared, config: Mapping[str, Any]) -> _Estimate:  # noqa: ANN401 - a module
    _, request, _ = _printed(row)
    kind = "F8_E4M3" if row.log.options.kv_cache_dtype == "fp8" else "BF16"
    text = config.get("text_config", config)
    one = module.compute_safetensors_kv_cache_size(text, kind, row.log.options.max_model_len)
    return None, one / row.log.options.tensor / GIB / request - 1, None


def _completed(config: Mapping[str, Any], architecture: Architecture) -> dict[str, Any]:
    """Return a config with what its class would fill in."""
    cache = next(layer.cache for layer in architecture.layers if layer.cache is not None)
    heads = getattr(cache, "heads", 1)
    filled = {"num_attention_heads": heads, "num_key_value_heads": heads, "head_dim": getattr(cache, "key_size", 0)}
    filled |= {"hidden_size": architecture.hidden_size, "vocab_size": architecture.vocabulary}
    if "text_config" in config:
        return {**config, "text_config": {**filled, **config["text_config"]}}
    return {**filled, **config}


def _parameters(architecture: Architecture) -> dict[str, int]:
    """Return a model's parameters by number format, as safetensors headers count them."""
    counts: dict[str, int] = {}
    quantization = architecture.quantization
    layers = [
        (tensor, f"layers.{number}.{tensor.name}")
        for number, layer in enumerate(architecture.layers)
        for tensor in layer.tensors
        if "absorbed" not in tensor.name
    ]
    others = [(tensor, tensor.name) for tensor in (*architecture.outside, *architecture.towers)]
    for tensor, path in (*layers, *others):
        number = tensor.rows * tensor.columns * tensor.count
        chosen = quantization.format_of(tensor, path)
        name = "BF16"
        if chosen is not None and chosen.bits == _PACKED:
            # Eight weights in an integer of 32 bits.
            name, number = "I32", number // 8
        elif chosen is not None:
            name = "F8_E4M3"
        counts[name] = counts.get(name, 0) + number
    return counts


def _namespace(value: Any) -> Any:  # noqa: ANN401 - as JSON
    """Return a config as `transformers` gives one: fields as attributes, but for the quantisation."""
    fields = {
        key: _namespace(inner) if isinstance(inner, dict) and key.endswith("_config") and "quant" not in key else inner
        for key, inner in value.items()
    }
    return SimpleNamespace(**fields)
