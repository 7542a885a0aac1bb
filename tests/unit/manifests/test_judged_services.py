"""What services say of their engines' memory, without effect on pods."""

from __future__ import annotations

from typing import Any

from slicewise.manifests import engine_digest
from tests.documents import deployment, environment, model, pool, profile, several, slices
from tests.unit.manifests.test_inference_service import service
from tests.unit.sizing.configs import QWEN_7B


def test_what_was_found_of_the_engines_memory_is_the_services_and_no_reason_to_replace_pods() -> None:
    def judged(**architecture: object) -> dict[str, Any]:
        engine = {"engine": {"args": ["--max-model-len=8192", "--max-num-seqs=64"]}}
        document = model("a", {**profile("whole"), **engine})
        if architecture:
            document["spec"]["architecture"] = architecture
        return service(environment("e", slices("p", "3g.40gb")), document, deployment("d", "a"))

    plain, known = judged(), judged(config=QWEN_7B)
    with_fewer_bytes = judged(config=QWEN_7B, checkpointBytes=1_000_000_000)
    names = {name for name in known["metadata"]["annotations"] if name not in plain["metadata"]["annotations"]}
    assert names == {
        "slicewise.dev/engine-memory",
        "slicewise.dev/engine-memory-enough",
        "slicewise.dev/engine-version",
        "slicewise.dev/judged-engine",
        "slicewise.dev/unit-memory",
    }
    assert known["metadata"]["annotations"]["slicewise.dev/engine-memory"] == "fits"
    assert known["metadata"]["annotations"]["slicewise.dev/engine-version"] == "0.23"
    assert with_fewer_bytes["metadata"]["annotations"]["slicewise.dev/engine-memory"] == "cannot-say"
    # Pods get what is in spec.annotations, and the service's spec is the same.
    assert plain["spec"] == known["spec"] == with_fewer_bytes["spec"]


def test_both_workloads_say_what_was_found_of_them() -> None:
    """Prefill has other arguments and another pool, and so another verdict, digest and memory."""
    serving = profile("whole", mig="never") | {
        "engine": {"args": ["--max-model-len=8192", "--max-num-seqs=64"]},
        "prefill": {
            "replicas": 1,
            "engine": {"args": ["--max-model-len=8192", "--max-num-seqs=64", "--cpu-offload-gb=4"]},
            "replicaTopology": {"gpusPerNode": 1, "requires": {"mig": "only"}},
        },
    }
    document = model("a", serving)
    document["spec"]["architecture"] = {"config": QWEN_7B}
    made = service(environment("e", pool("p"), slices("s", "3g.40gb")), document, deployment("d", "a"))
    annotations = made["metadata"]["annotations"]
    assert annotations["slicewise.dev/engine-memory"] == "fits"
    assert annotations["slicewise.dev/prefill-engine-memory"] == "not-judged"
    engine = made["spec"]["prefill"]["template"]["containers"][0]
    judged = engine_digest(engine.get("image"), engine["args"])
    assert annotations["slicewise.dev/prefill-judged-engine"] == judged != annotations["slicewise.dev/judged-engine"]
    # 39.50 GiB, as NVIDIA's driver gives a 3g.40gb of an H100.
    assert annotations["slicewise.dev/prefill-unit-memory"] == "40448Mi"


def test_of_a_pool_that_is_cut_in_several_profiles_the_unit_of_each_workload_counts() -> None:
    """39.50 GiB of a 3g.40gb of an H100, and of a whole one 79.11 GiB, as vLLM's startup logs have it."""
    serving = profile("small", memoryPerGpu="30Gi", mig="only") | {
        "engine": {"args": ["--max-model-len=8192", "--max-num-seqs=64"]},
        "prefill": {
            "replicas": 1,
            "engine": {"args": ["--max-model-len=8192", "--max-num-seqs=64"]},
            "replicaTopology": {"gpusPerNode": 1, "requires": {"mig": "never"}},
        },
    }
    document = model("a", serving)
    document["spec"]["architecture"] = {"config": QWEN_7B}
    cut = several("cut", {"3g.40gb": 8, "1g.10gb": 8}, wholeGpus=2)
    annotations = service(environment("e", cut), document, deployment("d", "a"))["metadata"]["annotations"]
    assert annotations["slicewise.dev/engine-memory"] == "fits"
    assert annotations["slicewise.dev/unit-memory"] == "40448Mi"
    assert annotations["slicewise.dev/prefill-engine-memory"] == "fits"
    assert annotations["slicewise.dev/prefill-unit-memory"] == "81008Mi"
