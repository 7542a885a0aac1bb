"""Remedies of engines that may not start name the smallest declared unit that is surely enough, and it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from slicewise.diagnostics import Diagnostic
from slicewise.documents import Fleet, load_fleet
from slicewise.planning import make_plan
from tests.unit.documents.documents import mig, minimal, pools
from tests.unit.sizing.configs import GEMMA_27B

CUTS = {"small": ("1g.10gb", "9Gi"), "large": ("3g.40gb", "39Gi"), "all": ("7g.80gb", "79Gi")}
# On a 3g.40gb this needs 8.5 GiB of cache, of 3 to 8 that are left.
ARGUMENTS = ["--quantization=fp8", "--max-model-len=65536"]


def fleet(tmp_path: Path, *names: str, **required: str) -> Fleet:
    requires = {"replicaTopology": {"requires": required}} if required else {}
    profile: dict[str, Any] = {"name": "only", "engine": {"args": ARGUMENTS}, **requires}
    model = minimal("ClusterModel", ("spec", "serving"), [profile])
    model += f"  architecture: {json.dumps({'config': GEMMA_27B})}\n"
    cut = [
        {
            "name": name,
            "acceleratorType": "h100-80gb",
            "nodeSelector": {"p": name},
            "capabilities": mig(*CUTS[name]) if name in CUTS else {"memoryPerGpu": "79Gi"},
        }
        for name in names
    ]
    path = tmp_path / "fleet.yaml"
    path.write_text("---\n".join([pools(*cut), model, minimal("ModelDeployment")]))
    return load_fleet([str(path)])


def planned(there: Fleet) -> tuple[list[str], list[Diagnostic]]:
    plan = make_plan(there)
    return [each.node_pool for each in plan.placements], [each for each in plan.warnings if each.code.value >= "SW7"]


def test_the_remedy_names_the_smallest_pool_that_is_enough_and_works(tmp_path: Path) -> None:
    where, (warning,) = planned(fleet(tmp_path, "small", "large", "all"))
    assert where == ["large"]
    found = re.search(r"require memoryPerGpu: (\S+), as the slices of (\S+) have \((\S+) GiB\)", warning.remedy)
    assert found
    # A 7g.80gb of an H100 has 79.14 GiB, as NVIDIA's driver gives it.
    assert (found[1], found[2].rpartition("/")[2]) == ("79Gi", "all")
    assert float(found[3]) == pytest.approx(79.1, abs=0.2)
    assert planned(fleet(tmp_path, "small", "large", "all", memoryPerGpu=found[1])) == (["all"], [])


def test_where_no_pool_is_enough_that_is_said(tmp_path: Path) -> None:
    _, (warning,) = planned(fleet(tmp_path, "small", "large"))
    assert "GiB or more, which none has" in warning.remedy
    assert "as the slices of" not in warning.remedy


def test_a_pool_that_the_profile_cannot_get_is_not_named(tmp_path: Path) -> None:
    _, (any_unit,) = planned(fleet(tmp_path, "small", "large", "uncut"))
    assert "as the GPUs of" in any_unit.remedy
    where, (slices,) = planned(fleet(tmp_path, "small", "large", "uncut", mig="only"))
    assert where == ["large"]
    assert "GiB or more, which none has" in slices.remedy


def test_where_pools_declare_different_memory_of_the_same_slices_the_least_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To require 79.25Gi would leave out `all`, whose slices are the same."""
    monkeypatch.setitem(CUTS, "more", ("7g.80gb", "79.25Gi"))
    _, (warning,) = planned(fleet(tmp_path, "large", "all", "more"))
    assert "require memoryPerGpu: 79Gi, as the slices of mig-a/all have" in warning.remedy
