"""What the tables of a plan say of placements."""

from __future__ import annotations

import io

import pytest

from slicewise.planning import make_plan
from slicewise.presentation import plain_console, print_placements
from tests.documents import Document, deployment, environment, fleet_of, model, on_demand, pool, profile, slices

CUT = slices("cut", "3g.40gb", memoryPerGpu="39Gi")
SLICE = profile("p", memoryPerGpu="30Gi", mig="only")


@pytest.mark.parametrize(
    ("item", "serving", "asks"),
    [
        (CUT, SLICE, "nvidia.com/mig-3g.40gb: 1"),
        (CUT | {"allocation": "extendedResource"}, SLICE, "nvidia.com/mig-3g.40gb: 1"),
        (CUT | {"allocation": "claim"}, SLICE, "claim: 1 x 3g.40gb (mig.nvidia.com)"),
        (on_demand("cut", ["1g.10gb+me"]), profile("p", memoryPerGpu="9Gi"), "claim: 1 x 1g.10gb+me (mig.nvidia.com)"),
        (
            pool("whole", allocation="claim"),
            profile("p", gpusPerNode=4, memoryPerGpu="70Gi"),
            "claim: 4 x GPU (gpu.nvidia.com)",
        ),
    ],
)
def test_what_each_pod_asks_for_is_what_is_in_its_spec(item: Document, serving: Document, asks: str) -> None:
    """A resource of its containers, or a claim: of a resource there is nothing in a pod with a claim."""
    fleet = fleet_of([environment("env", item), model("m", serving), deployment("d", "m")])
    text = io.StringIO()
    print_placements(plain_console(text), fleet, make_plan(fleet))
    lines = text.getvalue().splitlines()
    (row,) = (line for line in lines if line.strip().startswith("team/d"))
    (heading,) = (line for line in lines if "each pod asks for" in line)
    start = heading.index("each pod asks for")
    assert row[start : heading.index("units", start)].strip() == asks


@pytest.mark.parametrize(("least", "shown"), [(1, "1 to 4"), (0, "0 to 4"), (4, "4")])
def test_an_autoscaled_deployment_shows_both_numbers_of_replicas(least: int, shown: str) -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": least, "maxReplicas": 4, "target": 8}}
    fleet = fleet_of([environment("env", CUT), model("m", SLICE), deployment("d", "m", scaling=scaling)])
    text = io.StringIO()
    print_placements(plain_console(text), fleet, make_plan(fleet))
    (row,) = (line for line in text.getvalue().splitlines() if line.strip().startswith("team/d"))
    assert f" {shown}   nvidia.com/mig-3g.40gb: 1 " in row
