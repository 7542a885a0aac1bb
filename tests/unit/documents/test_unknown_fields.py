"""Fields that are unknown here, and what to write instead: misspelt, of other versions, in the wrong place."""

from __future__ import annotations

import pytest

from slicewise.documents import KINDS
from slicewise.documents.other_names import OTHER_KINDS, OTHER_NAMES
from slicewise.documents.unknown_fields import unknown_field
from tests.unit.documents.documents import Path, minimal
from tests.unit.documents.loader import Loader

ENVIRONMENT, MODEL, DEPLOYMENT = "InferenceEnvironment", "ClusterModel", "ModelDeployment"
EXISTING = ("spec", "cluster", "existing")
POOL = ("spec", "nodePools", 0)
CAPABILITIES = (*POOL, "capabilities")
PROFILE = ("spec", "serving", 0)
OF_EACH = "what each GPU (or slice) must have is serving[].replicaTopology.requires.memoryPerGpu"
# Kind, where the field is, its name, and how the hint begins. `existing.nodePools`, `backend`, `gpu`,
# `minNodeCount`, `vram`, `vllm` and `clusterSelector` are in modelplaneai/modelplane's apis/*/definition.yaml.
CASES: list[tuple[str, Path, str, str]] = [
    (ENVIRONMENT, EXISTING, "nodePools", "write it as spec.nodePools"),
    (ENVIRONMENT, ("spec",), "backend", "leave it out: every environment runs KServe"),
    (
        ENVIRONMENT,
        ("spec",),
        "kserve",
        "write its cluster as spec.cluster, and the cluster's nodePools as spec.nodePools",
    ),
    (
        ENVIRONMENT,
        POOL,
        "gpu",
        "write its memory as capabilities.memoryPerGpu, its acceleratorType and acceleratorCount",
    ),
    (ENVIRONMENT, POOL, "minNodeCount", "write it as nodeCount: with maxNodeCount beside it the pool grows from there"),
    (ENVIRONMENT, POOL, "min_node_count", "write it as nodeCount: with maxNodeCount beside it"),
    (ENVIRONMENT, POOL, "migProfile", "write it as capabilities.migConfiguration.profile"),
    (ENVIRONMENT, POOL, "mig-strategy", "write it as capabilities.migConfiguration.strategy"),
    (ENVIRONMENT, POOL, "nodeSelectorTerms", "write it as nodeSelector, a map of labels"),
    (ENVIRONMENT, POOL, "count", "nodes are nodeCount, GPUs in one node are acceleratorCount"),
    (ENVIRONMENT, POOL, "role", "leave it out, and pools without GPUs too"),
    (ENVIRONMENT, POOL, "memoryPerGpu", "write it as capabilities.memoryPerGpu"),
    (ENVIRONMENT, POOL, "memory_per_gpu", "write it as capabilities.memoryPerGpu"),
    (ENVIRONMENT, POOL, "slicesPerGpu", "write it as capabilities.migConfiguration.slicesPerGpu"),
    (ENVIRONMENT, POOL, "accelerator-type", '"acceleratorType" is there already; remove this'),
    (ENVIRONMENT, POOL, "node_selector", 'did you mean "nodeSelector"?'),
    (ENVIRONMENT, POOL, "acceleratorTyp", '"acceleratorType" is there already; remove this'),
    (ENVIRONMENT, CAPABILITIES, "vram", "write it as memoryPerGpu"),
    (ENVIRONMENT, CAPABILITIES, "nodeCount", "write it as spec.nodePools[].nodeCount"),
    (ENVIRONMENT, (), "nodePools", "write it as spec.nodePools"),
    (ENVIRONMENT, (), "status", "leave it out: documents are what is wanted, not what is"),
    (ENVIRONMENT, ("metadata",), "annotations", "leave it out: a document has a name, labels and"),
    (ENVIRONMENT, ("metadata",), "namespace", "leave it out: this kind belongs to no namespace"),
    (ENVIRONMENT, ("spec",), "zzz", "it has cluster, devicePluginVersion, gateway, kubernetesVersion, nodePools"),
    (ENVIRONMENT, ("spec",), "name", "it has cluster, devicePluginVersion, gateway, kubernetesVersion, nodePools"),
    (ENVIRONMENT, (), "name", "write it as metadata.name"),
    (MODEL, ("spec", "resources"), "vram", OF_EACH),
    (MODEL, ("spec", "resources"), "gpus", "GPUs are asked for in serving[].replicaTopology"),
    (MODEL, ("spec",), "vllm", "write its image and extraArgs as serving[].engine.image and serving[].engine.args"),
    (MODEL, ("spec",), "engine", "write it in each of spec.serving"),
    (MODEL, ("spec",), "repo", "write it as huggingFace.repo"),
    (MODEL, ("spec", "huggingFace"), "repository", "write it as repo"),
    (MODEL, ("spec", "huggingFace"), "token", "never write a token here: write secretRef, the Secret that holds it"),
    (MODEL, PROFILE, "backend", "leave it out: every environment runs KServe"),
    (MODEL, PROFILE, "worker", "write it as replicaTopology.nodes"),
    (MODEL, PROFILE, "args", "write it as engine.args"),
    (MODEL, PROFILE, "requires", "write it as replicaTopology.requires"),
    (MODEL, (*PROFILE, "replicaTopology"), "workers", "write it as nodes"),
    (MODEL, (*PROFILE, "replicaTopology", "requires"), "vram", "write it as memoryPerGpu"),
    (
        MODEL,
        (*PROFILE, "environmentSelector"),
        "region",
        'labels are below matchLabels: write matchLabels: {KEY: "VALUE"}',
    ),
    (MODEL, (*PROFILE, "environmentSelector"), "matchExpressions", "labels are below matchLabels"),
    (DEPLOYMENT, ("spec",), "replicas", "write it as scaling.fixed.replicas"),
    (DEPLOYMENT, ("spec",), "minReplicas", "write it as scaling.concurrency.minReplicas"),
    (
        DEPLOYMENT,
        ("spec",),
        "matchLabels",
        "write it as environmentSelector.matchLabels or nodePoolSelector.matchLabels",
    ),
    (DEPLOYMENT, ("spec",), "labels", "write it as metadata.labels"),
    (DEPLOYMENT, ("spec",), "clusterSelector", "write it as environmentSelector"),
    (DEPLOYMENT, ("spec",), "serving", "it belongs to the model: see spec.serving of the ClusterModel or Model"),
    (DEPLOYMENT, ("spec", "scaling"), "replicas", "write it as fixed.replicas"),
    (
        DEPLOYMENT,
        ("spec", "modelRef"),
        "namespace",
        "leave it out: a Model is looked for in the deployment's own namespace",
    ),
    # As KServe's spec.router and Gateway API have it.
    (ENVIRONMENT, ("spec",), "gatewayRef", "write it as gateway, with the name and namespace of a Gateway"),
    (ENVIRONMENT, ("spec",), "ingress", "write it as gateway, with the name and namespace of a Gateway"),
    (ENVIRONMENT, ("spec",), "hostname", "write it as gateway.hostname"),
    (ENVIRONMENT, ("spec", "cluster"), "hostname", "write it as spec.gateway.hostname"),
    (ENVIRONMENT, ("spec",), "router", "it belongs to the deployment: see spec.router of the ModelDeployment"),
    (ENVIRONMENT, ("spec", "gateway"), "refs", "write name and namespace of the one Gateway in gateway itself"),
    (DEPLOYMENT, ("spec", "router"), "route", "write enabled, group and weight in router itself"),
    (DEPLOYMENT, ("spec", "router"), "gateway", "it belongs to the environment: see spec.gateway"),
    (DEPLOYMENT, ("spec", "router"), "gatewayRef", "it belongs to the environment: see spec.gateway"),
    (DEPLOYMENT, ("spec", "router"), "ingress", "it belongs to the environment: see spec.gateway"),
    (DEPLOYMENT, ("spec", "router"), "trafficPercent", "write it as weight, with group in each deployment"),
    (DEPLOYMENT, ("spec", "router"), "paths", "leave it out: KServe decides the paths"),
    (DEPLOYMENT, ("spec",), "hostname", "it belongs to the environment: see spec.gateway"),
    (DEPLOYMENT, ("spec",), "gateway", "it belongs to the environment: see spec.gateway"),
    (DEPLOYMENT, ("spec",), "weight", "write it as router.weight"),
    (DEPLOYMENT, ("spec",), "canary", "write it as router.weight, and router.group in each deployment"),
    (MODEL, ("spec",), "router", "it belongs to the deployment: see spec.router of the ModelDeployment"),
    (MODEL, PROFILE, "router", "it belongs to the deployment: see spec.router of the ModelDeployment"),
    (MODEL, ("spec",), "gateway", "it belongs to the environment: see spec.gateway"),
]


@pytest.mark.parametrize(("kind", "parent", "name", "hint"), CASES)
def test_an_unknown_field_comes_with_what_to_write(
    loader: Loader, kind: str, parent: Path, name: str, hint: str
) -> None:
    text = minimal(kind, (*parent, "KEY"), 1).replace("KEY", f"§{name}")
    message = loader.refuse_at(text)
    assert f'has no field "{name}"; ' in message
    assert message.split("; ", 1)[1].startswith(hint)
    assert message.endswith("[SW201]")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("hostnames", "write it as hostname, the name alone"),
        ("host", "write it as hostname, the name alone"),
        ("protocol", "write it as scheme: http or https"),
        ("tls", "write it as scheme: https, where"),
        ("listeners", "leave it out: the Gateway itself says it"),
    ],
)
def test_what_gateways_have_otherwise(loader: Loader, name: str, hint: str) -> None:
    gateway = f"  gateway:\n    name: models\n    namespace: gateways\n    §{name}: 1\n"
    message = loader.refuse_at(minimal(ENVIRONMENT) + gateway)
    assert message.startswith(f'spec.gateway.{name}: spec.gateway has no field "{name}"; {hint}')


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (ENVIRONMENT, "nodePools:", "node_pools:"),
        (ENVIRONMENT, "nodePools:", "nodepool:"),
        (ENVIRONMENT, "acceleratorType:", "gpuType:"),
        (ENVIRONMENT, "acceleratorCount:", "gpus:"),
        (ENVIRONMENT, "memoryPerGpu:", "memory:"),
        (ENVIRONMENT, "spec:", "specs:"),
        (MODEL, "repo:", "repository:"),
        (MODEL, "serving:", "profiles:"),
        (DEPLOYMENT, "environments:", "enviroments:"),
        (DEPLOYMENT, "modelRef:", "model:"),
    ],
)
def test_what_is_written_under_another_name_is_not_missing(loader: Loader, kind: str, right: str, wrong: str) -> None:
    assert loader.refuse_at(minimal(kind).replace(right, f"§{wrong}", 1)).endswith("[SW201]")


def test_an_environment_of_an_older_version_is_told_once_a_field(loader: Loader) -> None:
    """What modelplaneai/modelplane had in apis/inferenceenvironments/definition.yaml: a backend, and all below it."""
    lines = loader.refuse("""\
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata: {name: demo}
spec:
  backend: KServe
  kserve:
    version: v0.16.0
    cluster: {source: Existing, existing: {secretRef: {name: k}, nodePools: [{name: a, gpu: {acceleratorCount: 1}}]}}
""")
    assert [line.split(" ", 1)[0] for line in lines] == ["5:3:", "6:3:"]
    assert {line[-7:] for line in lines} == {"[SW201]"}


@pytest.mark.parametrize("kind", sorted(OTHER_KINDS))
def test_kinds_of_other_versions(loader: Loader, kind: str) -> None:
    message = loader.refuse_at(minimal(ENVIRONMENT).replace("kind: InferenceEnvironment", f"kind: §{kind}"))
    assert message.endswith(f"; what it declares is a {OTHER_KINDS[kind]} here [SW108]")


def test_other_names_lead_to_fields_that_there_are() -> None:
    """Every target of the table is a field of its kind, and no name in it is one."""
    for kind, model in KINDS.items():
        for path, name in OTHER_NAMES[kind].items():
            said = unknown_field(model, tuple(path.split(".")))
            assert said.remedy == name.advice, path
            assert len(said.meant) == len(name.targets)
            for target in said.meant:
                fields = unknown_field(model, (*target[:-1], "zzz")).remedy
                assert f" {target[-1]}" in fields.split("it has")[1], (path, target)


def test_a_misspelt_field_beside_the_right_one(loader: Loader) -> None:
    deployment = minimal("ModelDeployment", ("spec", "evironments"), 2)
    (line,) = loader.refuse(deployment, minimal("ClusterModel"))
    assert 'spec has no field "evironments"; "environments" is there already; remove this [SW201]' in line
    (line,) = loader.refuse(deployment.replace("  environments: 1\n", ""), minimal("ClusterModel"))
    assert 'did you mean "environments"? [SW201]' in line


def test_the_model_of_an_engine(loader: Loader) -> None:
    (line,) = loader.refuse(
        minimal("ClusterModel", ("spec", "serving", 0, "engine"), {"model": "google/gemma-3-27b-it"})
    )
    assert 'has no field "model"; write it as spec.huggingFace.repo [SW201]' in line
