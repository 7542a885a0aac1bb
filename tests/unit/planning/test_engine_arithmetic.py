"""The arithmetic of an engine's memory in `explain`'s data, for what fits as for what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slicewise.diagnostics import Code
from slicewise.planning import DecisionLog, candidate_to_dict, candidates, make_plan
from tests.unit.planning.test_engine_memory import fleet
from tests.unit.sizing.configs import GEMMA_27B, GIB, LLAMA_8B


def explained(tmp_path: Path, config: dict[str, Any], *arguments: str) -> dict[str, dict[str, Any]]:
    """Return what `explain` says of each pool."""
    there = fleet(tmp_path, {"config": config}, *arguments)
    log = DecisionLog(there.deployments[0].key)
    plan = make_plan(there, log=log)
    return {str(each.node_pool): candidate_to_dict(each) for each in candidates(there, plan, log)}


def test_what_is_placed_has_its_arithmetic(tmp_path: Path) -> None:
    found = explained(tmp_path, GEMMA_27B, "--quantization=fp8", "--max-model-len=16384")
    assert found["large"]["verdict"] == "placed"
    memory = found["large"]["facts"]["engineMemory"]
    assert (memory["verdict"], memory["vllm"], memory["maxModelLen"]) == ("fits", "0.23", 16384)
    # An H100's 3g.40gb has 39.50 GiB, of which vLLM takes 0.92.
    assert memory["budgetBytes"] / GIB == pytest.approx(39.50 * 0.92, abs=0.01)
    # Ten layers of 131,072 bytes a block that keep 1,024 blocks, and of six groups that slide 193.
    assert memory["neededBytes"] == 10 * 131072 * (1024 + 6 * 193)
    left = memory["budgetBytes"] - memory["weightsBytes"]
    for end, other in (("low", "high"), ("high", "low")):
        assert memory["availableBytes"][end] == pytest.approx(left - memory["overheadBytes"][other], rel=0.1)
    assert memory["availableBytes"]["low"] >= memory["neededBytes"]


def test_what_would_fit_and_what_does_not_have_theirs(tmp_path: Path) -> None:
    found = explained(tmp_path, {**LLAMA_8B, "num_hidden_layers": 4}, "--max-model-len=2048", "--max-num-seqs=8")
    assert {each["verdict"]: each["facts"]["engineMemory"]["verdict"] for each in found.values()} == {
        "placed": "fits",
        "fits": "fits",
    }
    rejected = explained(tmp_path, LLAMA_8B, "--max-model-len=8192")["small"]["facts"]
    assert (rejected["why"], rejected["engineMemory"]["verdict"]) == (Code.WEIGHTS_ABOVE_BUDGET.value, "does-not-fit")
    assert rejected["engineMemory"]["unitBytes"] == rejected["has"]


def test_without_an_architecture_there_is_none(tmp_path: Path) -> None:
    there = fleet(tmp_path, None)
    log = DecisionLog(there.deployments[0].key)
    found = candidates(there, make_plan(there, log=log), log)
    assert [each.facts for each in found] == [{}, {}]
