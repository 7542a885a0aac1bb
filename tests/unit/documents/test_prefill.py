"""The prefill workload of a profile: what it takes over, and that its own mistakes are said at its own fields."""

from __future__ import annotations

from slicewise.documents import KINDS, check_model, prefill_workload
from slicewise.documents.served_model import ServingProfile
from tests.documents import Document, model, profile
from tests.unit.documents.documents import COMPLETE


def found(prefill: Document, **engine: object) -> list[tuple[str, str]]:
    """Return code and field of what is wrong with a model of known architecture."""
    document = model("m", profile("p", memoryPerGpu="80Gi") | {"engine": engine, "prefill": prefill})
    document["spec"]["architecture"] = {"config": COMPLETE["Model"]["spec"]["architecture"]["config"]}
    spec = KINDS["ClusterModel"].model_validate(document).spec
    return [(str(each.code), each.path) for each in check_model(spec)]  # type: ignore[arg-type]  # the kind decides


def test_an_argument_that_vllm_refuses_is_said_at_the_prefill_workload() -> None:
    expected = [("SW704", "spec.serving[0].prefill.engine.args")]
    assert found({"engine": {"args": ["--max-model-len=long"]}}) == expected


def test_an_argument_of_the_profile_is_said_once() -> None:
    expected = [("SW704", "spec.serving[0].engine.args")]
    assert found({}, args=["--max-model-len=long"]) == expected
    own_shape = {"replicaTopology": {"requires": {"memoryPerGpu": "40Gi"}}}
    assert found(own_shape, args=["--max-model-len=long"]) == expected


def test_memory_that_the_architecture_contradicts_is_said_of_the_workload_that_requires_it() -> None:
    small = {"replicaTopology": {"requires": {"memoryPerGpu": "4Gi"}}}
    codes = dict(found(small))
    assert codes["SW733"] == "spec.serving[0].prefill.replicaTopology.requires.memoryPerGpu"


def test_what_it_leaves_out_is_as_in_the_profile() -> None:
    whole = profile("p", gpusPerNode=4) | {
        "engine": {"image": "vllm/vllm-openai:v0.23.0", "args": ["--seed=1"]},
        "prefill": {"replicas": 2, "engine": {"args": ["--seed=2"]}},
    }
    parsed = ServingProfile.model_validate(whole)
    workload = prefill_workload(parsed)
    assert workload
    assert workload.replica_topology == parsed.replica_topology
    assert (workload.engine.image, workload.engine.args) == ("vllm/vllm-openai:v0.23.0", ("--seed=2",))
    assert workload.prefill is None
    assert prefill_workload(workload) is None
