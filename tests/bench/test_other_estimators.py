"""The comparison with other tools: they get what they would read from the Hub, and errors are relative to the log."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bench.other_estimators import other_errors, other_table
from bench.sizing import compare_logs
from bench.startup_logs import all_logs

ROWS = [row for row in compare_logs(all_logs()) if row.log.model == "Qwen/Qwen2.5-7B-Instruct" and row.log.judged][:1]


def test_what_other_tools_get_and_how_they_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = ROWS
    printed = (row.log.weights_gib, row.log.cache_gib, row.log.concurrency)
    assert printed == (14.25, 58.53, 267.58)
    planner: Any = SimpleNamespace(
        kv_cache_req=lambda _, config, length: 2 * 58.53 / 267.58 + 0 * (config.num_key_value_heads + length),
        allocatable_kv_cache_memory=lambda *_: 58.53 / 2,
    )
    planner.per_gpu_model_memory_required = lambda *_: sum(planner.model_params_by_dtype().values()) * 2 / 2**30
    memory = SimpleNamespace(
        compute_safetensors_kv_cache_size=lambda config, kind, length: _keys(config) * {"F8_E4M3": 1}[kind] * length
    )
    monkeypatch.setitem(sys.modules, "planner", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "planner.capacity_planner", planner)
    monkeypatch.setitem(sys.modules, "hf_mem", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "hf_mem.safetensors", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "hf_mem.safetensors.kv_cache", memory)
    ours, theirs, hub = other_errors(ROWS)
    # 7,615,616,512 parameters in 16 bits are 14.185 GiB.
    assert theirs.weights == pytest.approx([14.185 / 14.25 - 1], abs=1e-4)
    assert theirs.request == pytest.approx([1.0])
    assert theirs.cache == pytest.approx([-0.5])
    assert hub.request == pytest.approx([0], abs=1e-3)
    assert (hub.weights, hub.cache) == ((), ())
    assert ours.request == pytest.approx([0], abs=1e-3)
    assert [cells[0] for cells in other_table([ours, theirs, hub]).rows] == [
        "Slicewise",
        "llm-d-planner 0.3.3",
        "hf-mem 0.5.6",
    ]


def _keys(config: dict[str, Any]) -> int:
    return int(2 * config["num_hidden_layers"] * config["num_key_value_heads"] * config["head_dim"])
