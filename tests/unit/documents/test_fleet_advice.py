"""Warnings on documents together: selectors that match nothing, unserved models, nodes counted twice."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.documents.documents import mig, minimal, pools, text
from tests.unit.documents.loader import Loader

ENVIRONMENT = minimal("InferenceEnvironment", ("metadata", "labels"), {"region": "europe-west4", "tier": "prod"})
OTHER = ENVIRONMENT.replace("mig-a", "mig-b").replace("europe-west4", "us-east1").replace("tier: prod", "tier: dev")
MODEL = minimal("ClusterModel")
DEPLOYMENT = minimal("ModelDeployment")


def advice(loader: Loader, *texts: str) -> list[str]:
    return [str(each) for each in loader.load(*texts).advice]


def selecting(field: str, **labels: str) -> str:
    return minimal("ModelDeployment", ("spec", field), {"matchLabels": labels})


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"region": "europe-west-4"}, 'has region=europe-west-4; did you mean "europe-west4"?'),
        ({"region": "mars"}, "has region=mars; there is europe-west4, us-east1"),
        ({"regoin": "us-east1"}, 'has a label regoin; did you mean "region"?'),
        ({"zzz": "1"}, "has a label zzz; correct the label, or give it to the environment that is meant"),
    ],
)
def test_a_label_that_no_environment_has(loader: Loader, labels: dict[str, str], why: str) -> None:
    expected = (
        f"ModelDeployment default/chat: spec.environmentSelector: no environment that it could select {why} [SW320]"
    )
    assert advice(loader, ENVIRONMENT, OTHER, MODEL, selecting("environmentSelector", **labels)) == [expected]


def test_labels_that_no_environment_has_together(loader: Loader) -> None:
    (line,) = advice(
        loader, ENVIRONMENT, OTHER, MODEL, selecting("environmentSelector", region="us-east1", tier="prod")
    )
    assert "no environment has region=us-east1 and tier=prod together; leave one of them out" in line


def test_a_profile_that_no_environment_is_for(loader: Loader) -> None:
    serving = [{"name": "fp8"}, {"name": "bf16", "environmentSelector": {"matchLabels": {"region": "us-east-1"}}}]
    model = minimal("ClusterModel", ("spec", "serving"), serving)
    (line,) = advice(loader, ENVIRONMENT, OTHER, model, DEPLOYMENT)
    assert line.startswith(
        "ClusterModel gemma: spec.serving[1].environmentSelector: no environment that it could select "
    )
    assert 'did you mean "us-east1"? [SW320]' in line


def test_a_label_that_no_pool_has(loader: Loader) -> None:
    small, large = pools({"labels": {"size": "small"}}), pools({"labels": {"size": "large"}}).replace("mig-a", "mig-b")
    assert advice(loader, small, large, MODEL, selecting("nodePoolSelector", size="large")) == []
    (line,) = advice(loader, small, large, MODEL, selecting("nodePoolSelector", size="smal"))
    assert "spec.nodePoolSelector: no node pool that it could select has size=smal; did you mean" in line


def test_a_label_that_only_pools_of_other_environments_have(loader: Loader) -> None:
    here = pools({"labels": {"size": "small"}}).replace("name: mig-a\n", "name: mig-a\n  labels: {region: here}\n", 1)
    there = pools({"labels": {"size": "large"}}).replace("mig-a", "mig-b")
    both = selecting("nodePoolSelector", size="large").replace(
        "  nodePoolSelector", "  environmentSelector: {matchLabels: {region: here}}\n  nodePoolSelector"
    )
    (line,) = advice(loader, here, there, MODEL, both)
    assert "no node pool that it could select has size=large; there is small [SW320]" in line


def test_selectors_are_not_judged_without_environments(loader: Loader) -> None:
    assert advice(loader, MODEL, selecting("environmentSelector", region="mars")) == []


def test_a_model_that_nobody_serves(loader: Loader) -> None:
    unused = MODEL.replace("name: gemma\n", "name: old\n", 1)
    assert advice(loader, MODEL, unused, DEPLOYMENT, ENVIRONMENT) == [
        "ClusterModel old: metadata.name: no deployment refers to it; remove it, unless a deployment is to come [SW321]"
    ]
    # A catalogue of models by itself is not a mistake.
    assert advice(loader, MODEL, unused) == []


def _cut(name: str, profile: str, memory: str, **more: object) -> dict[str, Any]:
    return {"name": name, "nodeSelector": {"pool": "mixed"}, "capabilities": mig(profile, memory), **more}


def test_a_node_whose_cpus_are_counted_twice(loader: Loader) -> None:
    large = _cut("large", "3g.40gb", "39Gi", allocatable={"cpu": "188", "memory": "1900Gi"}, reservedUnits=8)
    small = _cut("small", "1g.10gb", "9Gi", allocatable={"cpu": "188"}, reservedUnits=28)
    (line,) = advice(loader, pools(large, small))
    assert line == (
        'InferenceEnvironment mig-a: spec.nodePools[1].allocatable: a node of "small" may belong to "large" too, and '
        "both count cpu 188 of it; if that is all that a node has, give each its share in allocatable; if no node is "
        "in both, give their nodeSelectors one key with different values [SW324]"
    )
    assert len(advice(loader, pools(large, {**small, "allocatable": {"cpu": "188000m"}}))) == 1
    # Shares, as `discover` writes them.
    assert advice(loader, pools(large, {**small, "allocatable": {"cpu": "94", "memory": "950Gi"}})) == []
    assert advice(loader, pools(large, {**small, "allocatable": {}})) == []
    assert advice(loader, pools(large, {**small, "nodeSelector": {"pool": "other"}})) == []


@pytest.mark.parametrize(
    ("written", "means"), [("40G", "40G is 37.25Gi"), ("40000M", "40000M is 37.25Gi"), ("80G", "80G is 74.51Gi")]
)
def test_memory_of_a_gpu_in_powers_of_1000(loader: Loader, written: str, means: str) -> None:
    (line,) = advice(loader, pools({"capabilities": {"memoryPerGpu": written}}))
    assert (
        f"capabilities.memoryPerGpu: {means}, because {written[-1]} counts in powers of 1000; write {written}i, or "
        in line
    )
    assert line.endswith("[SW325]")
    requires = {"requires": {"memoryPerGpu": written}}
    model = minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "replicaTopology": requires}])
    (line,) = advice(loader, model)
    assert f"spec.serving[0].replicaTopology.requires.memoryPerGpu: {means}" in line


def test_memory_of_a_pod_in_powers_of_1000_is_as_good(loader: Loader) -> None:
    assert advice(loader, minimal("ClusterModel", ("spec", "resources"), {"memory": "40G"})) == []


@pytest.mark.parametrize(
    "way",
    [
        {"secretRef": {"name": "kubeconfigs", "key": "a"}},
        {"gke": {"project": "acme", "location": "europe-west4", "cluster": "gpus"}},
        {"eks": {"region": "eu-central-1", "cluster": "gpus"}},
    ],
    ids=["secretRef", "gke", "eks"],
)
def test_an_environment_that_was_copied(loader: Loader, way: dict[str, dict[str, str]]) -> None:
    def named(name: str, existing: dict[str, dict[str, str]]) -> str:
        cluster = {"source": "Existing", "existing": existing}
        return minimal("InferenceEnvironment", ("spec", "cluster"), cluster).replace("name: mig-a", f"name: {name}", 1)

    assert advice(loader, named("east", way), named("west", way)) == [
        (
            "InferenceEnvironment west: spec.cluster.existing: environment east has the same, so this is the same "
            "cluster, and what both describe is counted twice; describe it in one environment, or correct where the "
            "other cluster is [SW312]"
        )
    ]
    for block, fields in way.items():
        for field in fields:
            other = {block: {**fields, field: "b"}}
            assert advice(loader, named("east", way), named("west", other)) == []


def test_gpus_that_two_pools_sell(loader: Loader) -> None:
    """56 slices of 1g.10gb and 16 of 3g.40gb on eight GPUs."""
    large, small = _cut("large", "3g.40gb", "39Gi"), _cut("small", "1g.10gb", "9Gi")
    (line,) = advice(loader, pools(large, small))
    assert line == (
        'InferenceEnvironment mig-a: spec.nodePools[1].nodeSelector: a node of "small" belongs to "large" too, and '
        "together they count more slices than its 8 GPUs have; write in acceleratorCount of each all GPUs of a node, "
        "and in reservedUnits the slices of each that the pool's nodes do not have; if no node is in both, give their "
        "nodeSelectors one key with different values [SW324]"
    )
    # Their CPUs are counted twice, too: one warning says that the two have the same nodes.
    cpus = {"allocatable": {"cpu": "188"}}
    assert advice(loader, pools({**large, **cpus}, {**small, **cpus})) == [line]
    assert advice(loader, pools(large, {**small, "nodeSelector": {"pool": "other"}})) == []
    # Nodes of one label that have other GPUs, or another number of them, are other nodes.
    assert advice(loader, pools(large, {**small, "acceleratorCount": 4})) == []
    a100 = {**small, "acceleratorType": "nvidia-a100-80gb"}
    assert advice(loader, pools(large, a100)) == []
    # Five GPUs of eight are cut in the one way, three in the other, on each of two nodes.
    halves = ({**large, "reservedUnits": 2 * 6, "nodeCount": 2}, {**small, "reservedUnits": 2 * 35, "nodeCount": 2})
    assert advice(loader, pools(*halves)) == []
    # One 3g.40gb more on each node finds room beside small slices; two GPUs' worth do not.
    assert advice(loader, pools({**halves[0], "reservedUnits": 2 * 6 - 1}, halves[1])) == []
    assert len(advice(loader, pools({**halves[0], "reservedUnits": 2 * 2}, halves[1]))) == 1


def test_gpus_that_are_cut_into_several_profiles_at_once(loader: Loader) -> None:
    """All-balanced (mig-parted's name): each H100 has two 1g.10gb, one 2g.20gb and one 3g.40gb."""
    balanced = [
        _cut("tiny", "1g.10gb", "9Gi", reservedUnits=56 - 16),
        _cut("small", "2g.20gb", "19Gi", reservedUnits=24 - 8),
        _cut("large", "3g.40gb", "39Gi", reservedUnits=16 - 8),
    ]
    assert advice(loader, pools(*balanced)) == []
    # A fifth 10 GiB slice of each GPU is one more than the eight slices of memory.
    (line,) = advice(loader, pools({**balanced[0], "reservedUnits": 56 - 24}, *balanced[1:]))
    assert 'a node of "large" belongs to "tiny" and "small" too' in line


def test_whole_gpus_beside_slices_of_the_same_nodes(loader: Loader) -> None:
    whole = {"name": "whole", "nodeSelector": {"pool": "mixed"}, "capabilities": {"memoryPerGpu": "79Gi"}}
    assert len(advice(loader, pools(whole, _cut("large", "3g.40gb", "39Gi", reservedUnits=8)))) == 1
    assert advice(loader, pools({**whole, "reservedUnits": 4}, _cut("large", "3g.40gb", "39Gi", reservedUnits=8))) == []


PRODUCT = "nvidia.com/gpu.product"
PARTITION = "cloud.google.com/gke-gpu-partition-size"
SLICES = mig("3g.40gb", "39Gi", strategy="single")
WHOLE = {"memoryPerGpu": "79Gi"}


@pytest.mark.parametrize(
    ("key", "value", "capabilities", "why"),
    [
        (PARTITION, "1g.10gb", SLICES, "it says 1g.10gb, and the pool is declared with 3g.40gb"),
        (PARTITION, "3g.40gb", WHOLE, "it says 3g.40gb slices, and the pool is declared with whole GPUs"),
        (
            "cloud.google.com/gke-accelerator",
            "nvidia-a100-80gb",
            WHOLE,
            "it says a100-80gb, and the pool is declared with",
        ),
        (PRODUCT, "NVIDIA-A100-SXM4-80GB", WHOLE, "it says a100-80gb, and the pool is declared with h100-80gb"),
        (
            PRODUCT,
            "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
            SLICES,
            "it says 1g.10gb, and the pool is declared with 3g.40gb",
        ),
        (PRODUCT, "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb-SHARED", WHOLE, "it says 1g.10gb slices"),
        ("nvidia.com/mig.config", "all-1g.10gb", SLICES, "it says 1g.10gb, and the pool is declared with 3g.40gb"),
    ],
)
def test_a_label_that_contradicts_the_gpus(
    loader: Loader, key: str, value: str, capabilities: dict[str, Any], why: str
) -> None:
    (line,) = advice(loader, pools({"nodeSelector": {key: value}, "capabilities": capabilities}))
    where = f'InferenceEnvironment mig-a: spec.nodePools[0].nodeSelector["{key}"]: '
    assert line.startswith(f"{where}no node has this label and these GPUs: {why}")
    assert line.endswith("; correct whichever is wrong [SW326]")


@pytest.mark.parametrize(
    ("labels", "capabilities"),
    [
        ({PARTITION: "3g.40gb", "cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}, SLICES),
        # Of A3 Mega machines: the same model of the catalogue.
        ({"cloud.google.com/gke-accelerator": "nvidia-h100-mega-80gb"}, WHOLE),
        ({PRODUCT: "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb"}, SLICES),
        ({PRODUCT: "NVIDIA-H100-80GB-HBM3-SHARED"}, WHOLE),
        ({PRODUCT: "NVIDIA-H100-PCIe"}, WHOLE),
        ({"nvidia.com/mig.config": "all-3g.40gb"}, SLICES),
        # A label cannot hold the `+`.
        ({"nvidia.com/mig.config": "all-1g.10gb.me"}, mig("1g.10gb+me", "9Gi")),
        # Names of one's own say nothing.
        ({"nvidia.com/mig.config": "all-balanced", "mig.config": "all-1g.10gb"}, SLICES),
        ({"nvidia.com/mig.config": "all-disabled"}, WHOLE),
        ({PRODUCT: "NVIDIA-H900", "gpu": "a100-80gb"}, WHOLE),
    ],
)
def test_labels_that_go_with_the_gpus(loader: Loader, labels: dict[str, str], capabilities: dict[str, Any]) -> None:
    assert advice(loader, pools({"nodeSelector": labels, "capabilities": capabilities})) == []


def test_more_environments_than_there_are(loader: Loader) -> None:
    three = minimal("ModelDeployment", ("spec", "environments"), 3)
    (line,) = advice(loader, ENVIRONMENT, OTHER, MODEL, three)
    assert line == (
        "ModelDeployment default/chat: spec.environments: 3 are asked for, and its selectors and its model's leave "
        "only 2; write 2, loosen a selector, or load the other environments too [SW328]"
    )
    two = three.replace("environments: 3", "environments: 2")
    assert advice(loader, ENVIRONMENT, OTHER, MODEL, two) == []
    for where, document in ((two, MODEL), (DEPLOYMENT, MODEL)):
        # With no environments loaded there is nothing to count.
        assert advice(loader, where, document) == []
    selected = two + "  environmentSelector: {matchLabels: {tier: prod}}\n"
    (line,) = advice(loader, ENVIRONMENT, OTHER, MODEL, selected)
    assert "2 are asked for, and its selectors and its model's leave only 1; write 1" in line
    serving = [{"name": "fp8", "environmentSelector": {"matchLabels": {"tier": "dev"}}}]
    (line,) = advice(loader, ENVIRONMENT, OTHER, minimal("ClusterModel", ("spec", "serving"), serving), two)
    assert "leave only 1; write 1" in line


def test_a_profile_that_is_switched_off(loader: Loader) -> None:
    off = {"memoryPerGpu": "79Gi", "migConfiguration": {"enabled": False, "profile": "3g.40gb"}}
    (line,) = advice(loader, pools({"capabilities": off}))
    assert "migConfiguration.profile: enabled is false, so the GPUs count as whole ones; write enabled: true" in line
    assert line.endswith("[SW329]")
    off["migConfiguration"] = {"enabled": False}
    assert advice(loader, pools({"capabilities": off})) == []


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("--tensor-parallel-size=2", "write it as replicaTopology.parallelism.tensor"),
        ("--tensor_parallel_size", "write it as replicaTopology.parallelism.tensor"),
        ("-tp=2", "write it as replicaTopology.parallelism.tensor"),
        ("--pipeline-parallel-size=2", "write it as replicaTopology.parallelism.pipeline"),
        ("--data-parallel-size 2", "write it as replicaTopology.parallelism.data,"),
        *(
            (argument, "write it as replicaTopology.parallelism.expert, ")
            for argument in (
                *("--enable-expert-parallel", "--enable_expert_parallel", "--enable-expert-parallel=true", "-ep"),
                *("--no-enable-expert-parallel", "--no_enable_expert_parallel", "--no-enable_expert-parallel"),
            )
        ),
        ("--port=8080", "KServe sets it"),
        ("--model=google/gemma", "KServe serves the weights of spec.huggingFace.repo"),
        (
            "--served-model-name=chat",
            "KServe sets it; write it as spec.model.name, or as servedModelName of the ModelDeployment",
        ),
    ],
)
def test_an_argument_that_is_set_already(loader: Loader, argument: str, why: str) -> None:
    (line,) = advice(
        loader, minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": [argument]}}])
    )
    assert line.startswith("ClusterModel gemma: spec.serving[0].engine.args[0]: ")
    assert f" is set already: {why}" in line
    assert line.endswith("[SW327]")


@pytest.mark.parametrize("argument", ["--model-loader-extra-config={}", "--max-model-len=4096", "port", "-q", "--"])
def test_arguments_of_ones_own(loader: Loader, argument: str) -> None:
    assert (
        advice(loader, minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": [argument]}}]))
        == []
    )


def _arguments(*args: str) -> str:
    return minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": list(args)}}])


# Of the forms that issuers document, put together here so that no scanner takes this file for a leak.
HF, OPENAI = "hf_" + "aB3d" * 9, "sk-" + "aB3d" * 8


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ([f"--hf-token={HF}"], "a Hugging Face token"),
        (["--hf-token", HF], "a Hugging Face token"),
        ([f"--api-key={OPENAI}"], "an OpenAI-style key"),
        (["--media-url=https://me:secret@example.test/x"], "a password in a URL"),
    ],
)
def test_a_secret_among_the_arguments(loader: Loader, args: list[str], kind: str) -> None:
    (line,) = advice(loader, _arguments(*args))
    assert f"the argument looks as if it has {kind}, which the state" in line
    assert ("spec.huggingFace.secretRef" in line) == (kind == "a Hugging Face token")
    assert line.endswith("[SW346]")
    assert "aB3d" not in line
    assert "secret@" not in line


@pytest.mark.parametrize(
    "args", [["--max-model-len=16384", "--max_model_len=8192"], ["--max-model-len", "16384", "--max-model-len", "1"]]
)
def test_an_argument_that_is_written_twice(loader: Loader, args: list[str]) -> None:
    (line,) = advice(loader, _arguments(*args))
    assert line.endswith("is in args[0] already, and vLLM takes the last of the two; leave one of them out [SW347]")
    assert f"engine.args[{len(args) // 2}]: --max" in line


def test_arguments_that_may_be_there_twice(loader: Loader) -> None:
    assert advice(loader, _arguments("--middleware=a.B", "--middleware=c.D", "--dtype", "half", "half")) == []


def _serving(args: list[str], repo: str, *precisions: str) -> str:
    topology = {"requires": {"memoryPerGpu": "9Gi", "precisionSupport": list(precisions)}}
    document = minimal(
        "ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": args}, "replicaTopology": topology}]
    )
    return document.replace("google/gemma-3-27b-it", repo)


@pytest.mark.parametrize(
    ("args", "repo", "precisions", "why"),
    [
        (["--quantization=awq"], "org/model", ["int4"], "AWQ packs the weights alone"),
        (["-q", "gptq_marlin"], "org/model", ["int8", "fp16"], "GPTQ packs the weights alone"),
        (["--quantization", "bitsandbytes"], "org/model", ["fp8"], "bitsandbytes packs the weights alone"),
        ([], "Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8", ["int8"], "GPTQ packs the weights alone"),
        ([], "neuralmagic/Llama-3.1-8B-quantized.w4a16", ["int4"], "W4A16 packs the weights alone"),
        ([], "org/model", ["int4"], "4-bit weights (AWQ, GPTQ) are unpacked"),
    ],
)
def test_weights_alone_need_no_gpu_that_computes_in_their_format(
    loader: Loader, args: list[str], repo: str, precisions: list[str], why: str
) -> None:
    (line,) = advice(loader, _serving(args, repo, *precisions))
    place = "ClusterModel gemma: spec.serving[0].replicaTopology.requires.precisionSupport: "
    assert line.startswith(
        f"{place}{why}, and vLLM computes in fp16 or bf16, so the GPU need not compute in {precisions[0]}"
    )
    assert line.endswith("; write [fp16] or [bf16], whichever is the model's dtype [SW331]")
    assert advice(loader, _serving(args, repo, "fp16")) == []
    assert advice(loader, _serving(args, repo, "bf16")) == []


@pytest.mark.parametrize(
    ("args", "repo", "precisions"),
    [
        # W8A8 and FP8 are computed in, where the GPU can.
        (["--quantization=fp8"], "org/model", ["fp8"]),
        ([], "neuralmagic/Llama-3.1-8B-quantized.w8a8", ["int8"]),
        ([], "nvidia/Llama-3.1-8B-Instruct-FP4", ["fp4"]),
        ([], "org/awqward-model", ["int8"]),
    ],
)
def test_formats_that_gpus_compute_in(loader: Loader, args: list[str], repo: str, precisions: list[str]) -> None:
    assert advice(loader, _serving(args, repo, *precisions)) == []


TAG = 'tag the Auto Scaling group k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/mig-3g.40gb: "16"'
OVERLAY = 'write a NodeOverlay with capacity nvidia.com/mig-3g.40gb: "16"'
KEEP = "let the pool's minimum be one node, which it copies"


@pytest.mark.parametrize(
    ("selector", "cluster", "remedy"),
    [
        ({"kubernetes.azure.com/agentpool": "mig"}, None, f"AKS has no way to tell it: {KEEP}, or"),
        ({"eks.amazonaws.com/nodegroup": "mig"}, None, f"{TAG} (with Karpenter {OVERLAY}), or"),
        ({"pool": "mig"}, {"eks": {"region": "eu-central-1", "cluster": "c"}}, f"{TAG} (with Karpenter {OVERLAY}), or"),
        ({"karpenter.sh/nodepool": "mig"}, None, f"Pending; {OVERLAY}, or"),
        ({"cloud.google.com/gke-nodepool": "mig"}, None, "use strategy: single, for nvidia.com/gpu is known to GKE's"),
        ({"pool": "mig"}, None, f"on EKS {TAG}, with Karpenter {OVERLAY}, on AKS and elsewhere {KEEP}, or"),
    ],
)
def test_slices_that_an_autoscaler_cannot_foresee(
    loader: Loader, selector: dict[str, str], cluster: dict[str, Any] | None, remedy: str
) -> None:
    def warned(**more: Any) -> list[str]:  # noqa: ANN401 - fields of a pool
        pool = {"nodeSelector": selector, "capabilities": mig(), "nodeCount": 0, "maxNodeCount": 4, **more}
        return advice(loader, _reached(pools(pool), cluster or {"secretRef": {"name": "mig-a-kubeconfig"}}))

    (line,) = warned()
    assert line.startswith(
        "InferenceEnvironment mig-a: spec.nodePools[0].maxNodeCount: pods ask for nvidia.com/mig-3g.40gb, and an "
        "autoscaler cannot foresee them on a node that is not there: capacity counts 4 nodes, and pods that need more "
        "than 0 may stay Pending; "
    )
    assert remedy in line
    assert line.endswith("or write what is there as nodeCount and maxNodeCount: 1 [SW333]")
    # The remedies hold: nothing is foreseen, or it is a resource that autoscalers know.
    assert warned(nodeCount=1, maxNodeCount=1) == []
    assert warned(capabilities=mig(strategy="single")) == []
    assert warned(capabilities={"memoryPerGpu": "79Gi"}) == []
    (line,) = warned(nodeCount=2)
    assert (
        "and cluster-autoscaler learns them from a node that is there, and Karpenter does not: a node group of" in line
    )
    # What is done already is not proposed again.
    assert KEEP not in line
    assert line.endswith("write what is there as nodeCount and maxNodeCount: 2 [SW333]")


def _reached(environment: str, way: dict[str, Any]) -> str:
    document = yaml.safe_load(environment)
    document["spec"]["cluster"]["existing"] = way
    return text(document)


def test_gkes_own_cut_has_its_own_warning(loader: Loader) -> None:
    selector = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}
    pool = {"nodeSelector": selector, "capabilities": mig(), "nodeCount": 0, "maxNodeCount": 4}
    assert [line[-7:] for line in advice(loader, pools(pool))] == ["[SW302]"]


def test_slices_that_lack_only_memory(loader: Loader) -> None:
    """Four 1g.20gb have all eight slices of memory, and leave three compute slices that no 1g.10gb can use."""
    wide = _cut("wide", "1g.20gb", "19Gi")
    assert len(advice(loader, pools(wide, _cut("tiny", "1g.10gb", "9Gi", reservedUnits=56 - 24)))) == 1
