"""What could not be served even if nothing else ran: warnings of `validate`."""

from __future__ import annotations

from pathlib import Path

import yaml

from slicewise.diagnostics import Code
from slicewise.documents import load_fleet
from slicewise.planning.explaining.never_served import prospects
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, pool, profile, slices
from tests.unit.cli.running import slicewise

UNCHECKED = "Whether the engine starts on its unit was not checked for {}: docs/sizing.md\n"
EU = {"region": "eu"}
FLEET = [
    environment("big", pool("gpu", nodeCount=2, precisionSupport=["bf16"]), slices("mig", "3g.40gb"), labels=EU),
    environment("small", slices("mig", "1g.10gb", nodeCount=2, reservedUnits=12)),
]


def said(*documents: Document) -> list[str]:
    found = prospects(fleet_of([*FLEET, *documents]))
    # Of memory that no profile requires, see test_required_memory.py.
    return [str(advice) for advice in found if advice.code != "SW332"]


def autoscaled(most: int, least: int = 1, of: str = "m") -> Document:
    concurrency = {"minReplicas": least, "maxReplicas": most, "target": 8}
    return deployment("d", of, scaling={"signal": "Concurrency", "concurrency": concurrency})


def test_what_fits_somewhere_is_not_mentioned() -> None:
    assert said(model("m"), deployment("d", "m")) == []
    # Room is for the plan: 16 slices and 16 GPUs are there, whoever has them.
    assert said(model("m"), *(deployment(f"d{number}", "m", replicas=16) for number in range(9))) == []


def test_a_model_that_no_pool_could_ever_serve() -> None:
    (line,) = said(model("m", profile("fp8", memoryPerGpu="90Gi")), deployment("d", "m"))
    assert line == (
        "ModelDeployment team/d: spec.modelRef.name: no pool could serve its model even if nothing else ran; "
        "big/gpu with fp8 comes nearest: a GPU has 80Gi, needs 90Gi [SW322]"
    )


def test_the_nearest_is_the_pool_that_lacks_least() -> None:
    """On the slices memory and precision are wanting, on the GPUs only the precision."""
    (line,) = said(model("m", profile("fp8", memoryPerGpu="50Gi", precisionSupport=["fp8"])), deployment("d", "m"))
    assert (
        "big/gpu with fp8 comes nearest: needs fp8; precisionSupport is bf16; where only the weights are fp8, require "
        "bf16 [SW322]" in line
    )


def test_only_pools_that_the_deployment_selects_are_near() -> None:
    needs = model("m", profile("bf16", memoryPerGpu="60Gi"))
    assert said(needs, deployment("d", "m", environmentSelector=EU)) == []
    everywhere = [*FLEET, environment("third", slices("mig", "2g.20gb"), labels={"region": "us"})]
    fleet = fleet_of([*everywhere, needs, deployment("d", "m", environmentSelector={"region": "us"})])
    (advice,) = prospects(fleet)
    assert "third/mig with bf16 comes nearest: a slice has 20Gi, needs 60Gi" in advice.message


def test_a_profile_for_other_environments() -> None:
    only = model("m", profile("any", environmentSelector={"region": "us"}))
    (line,) = said(only, deployment("d", "m", environmentSelector=EU))
    assert "comes nearest: the profile's environmentSelector wants region=us; the label is eu [SW322]" in line


def test_a_pod_that_no_node_has_the_cpus_for() -> None:
    fleet = fleet_of(
        [environment("e", pool("gpu", allocatable={"cpu": "8"})), model("m", cpu="9"), deployment("d", "m")]
    )
    (advice,) = prospects(fleet)
    assert "e/gpu with any comes nearest: a pod asks for 1 unit, 9 CPUs: more than a node has" in advice.message


def test_a_selector_that_matches_nothing_has_a_warning_of_its_own() -> None:
    assert said(model("m"), deployment("d", "m", environmentSelector={"region": "mars"})) == []


def test_without_environments_there_is_nothing_to_say() -> None:
    assert list(prospects(fleet_of([model("m"), deployment("d", "m")]))) == []


def test_a_maximum_that_no_pool_holds() -> None:
    """The largest is small/mig: 2 nodes x 8 GPUs x 7 slices - 12 in reserve = 100."""
    assert said(model("m"), autoscaled(100)) == []
    (line,) = said(model("m"), autoscaled(101))
    assert line == (
        "ModelDeployment team/d: spec.scaling.concurrency.maxReplicas: no matching pool holds 101 replicas even when "
        "it is empty; the largest, small/mig, holds 100; write maxReplicas: 100, or add nodes [SW323]"
    )
    # A minimum that does not fit either is not a mistake in the maximum: the plan says what is wanting.
    assert said(model("m"), autoscaled(300, least=200)) == []
    assert plan_of([*FLEET, model("m"), autoscaled(100)])["shortfalls"] == []
    assert plan_of([*FLEET, model("m"), autoscaled(101)])["shortfalls"] != []


def test_units_in_reserve_hold_nothing() -> None:
    both = environment("e", pool("a", reservedUnits=4), pool("b"))
    assert list(prospects(fleet_of([both, model("m"), autoscaled(8)]))) == []


def test_a_maximum_of_replicas_of_several_gpus() -> None:
    """Whole GPUs only: 2 nodes x 8 / 4 = 4 replicas."""
    four = model("m", profile("tp4", gpusPerNode=4))
    assert said(four, autoscaled(4)) == []
    (line,) = said(four, autoscaled(5, least=0))
    assert "the largest, big/gpu, holds 4; write maxReplicas: 4, or add nodes [SW323]" in line


def test_many_that_cannot_be_served_are_explained_in_bounded_time() -> None:
    models = [model(f"m{number}", profile("fp8", memoryPerGpu="90Gi")) for number in range(30)]
    lines = said(*models, *(deployment(f"d{number}", f"m{number}") for number in range(30)))
    assert len(lines) == 30
    assert sum("comes nearest" in line for line in lines) == 20
    assert sum("; `slicewise explain team/d" in line for line in lines) == 10


def test_validate_says_it_of_documents(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(
        yaml.safe_dump_all(
            [
                *FLEET,
                model("m", profile("fp8", memoryPerGpu="30Gi")),
                autoscaled(101),
                model("n", profile("fp8", memoryPerGpu="90Gi")),
                deployment("e", "n"),
            ]
        )
    )
    assert {advice.code.value for advice in load_fleet([str(path)]).advice} == {"SW301"}
    run = slicewise("validate", str(path))
    assert (run.returncode, run.stdout) == (
        0,
        f"valid: 2 environments, 2 models, 2 deployments, 4 warnings\n{UNCHECKED.format('2 of 2 models')}",
    )
    assert [line[-7:] for line in run.stderr.splitlines()] == ["[SW301]", "[SW301]", "[SW323]", "[SW322]"]
    assert all(line.startswith("warning: ") for line in run.stderr.splitlines())


def test_fixed_replicas_that_no_pool_holds() -> None:
    assert said(model("m"), deployment("d", "m", replicas=100)) == []
    (line,) = said(model("m"), deployment("d", "m", replicas=101))
    assert line == (
        "ModelDeployment team/d: spec.scaling.fixed.replicas: no matching pool holds 101 replicas even when it is "
        "empty; the largest, small/mig, holds 100; write replicas: 100, or add nodes [SW323]"
    )


def test_validate_prints_a_thousand_warnings_and_how_many_more(tmp_path: Path) -> None:
    models = [model(f"m{number}") for number in range(1004)]
    documents = tmp_path / "documents.yaml"
    documents.write_text(yaml.safe_dump_all([*models, deployment("d", "m0")]), encoding="utf-8")
    run = slicewise("validate", str(documents))
    lines = run.stderr.splitlines()
    assert (run.returncode, len(lines)) == (0, 1001)
    assert all(line.endswith("[SW321]") for line in lines[:-1])
    assert lines[-1] == "3 more warnings; fix these first"
    valid = "valid: 0 environments, 1004 models, 1 deployment, 1003 warnings"
    assert run.stdout == f"{valid}\n{UNCHECKED.format('1 of 1 model')}"


def test_the_numbers_and_what_to_write_are_data_too() -> None:
    fleet = fleet_of([environment("e", pool("p", nodeCount=1)), model("m"), deployment("d", "m", replicas=9)])
    (advice,) = (each for each in prospects(fleet) if each.code is Code.MAXIMUM_NEVER_FITS)
    assert advice.remedy == "write replicas: 8, or add nodes"
    assert advice.facts == {"replicas": 9, "largestPoolHolds": 8}
