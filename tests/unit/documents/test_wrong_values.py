"""A wrong value of every field of docs/documents.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from slicewise.diagnostics.diagnostic import dotted
from tests.unit.documents.documents import COMPLETE, complete_with
from tests.unit.documents.fields import (
    CAPABILITIES,
    CONCURRENCY,
    DEPLOYMENT,
    ENVIRONMENT,
    MIG,
    MODEL,
    POOL,
    PRECISIONS,
    PROFILE,
    TOLERATION,
    TOPOLOGY,
    leads_to,
    leaves,
)
from tests.unit.documents.wrong_pods import OF_POD
from tests.unit.documents.wrong_routers import OF_ROUTER
from tests.unit.documents.wrong_sources import OF_SOURCES
from tests.unit.documents.wrong_teams import OF_TEAMS
from tests.unit.documents.wrong_values import (
    ALLOCATIONS,
    COLON,
    COUNT,
    COUNT_OR_ZERO,
    DEVICE_PLUGIN_VERSIONS,
    DOTTED_NAME,
    FABRICS,
    FLAG,
    GPU_MEMORY,
    IMAGE,
    IN_QUOTES,
    KUBERNETES_VERSIONS,
    LABEL_VALUE,
    LABEL_VALUES,
    LABELS,
    LOWER_CASE,
    NAME,
    OF_PARTS,
    QUANTITY,
    REQUEST_NAME,
    SCHEDULINGS,
    SLICE_MEMORY,
    TRUTH,
    UNCUT,
    UP_TO_1024,
)

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

START_WITH_A_LETTER = 'got "7b-chat", expected lower-case letters, digits and -, beginning with a letter'
Wrong = tuple[str, tuple[str | int, ...], list[tuple[str, str]]]
WRONG: list[Wrong] = [
    (ENVIRONMENT, ("metadata", "name"), [*NAME, ("a" * 64, "got 64 characters, expected at most 63 characters")]),
    (ENVIRONMENT, ("metadata", "labels"), LABELS),
    (ENVIRONMENT, ("spec", "devicePluginVersion"), DEVICE_PLUGIN_VERSIONS),
    (ENVIRONMENT, ("spec", "kubernetesVersion"), KUBERNETES_VERSIONS),
    (ENVIRONMENT, ("spec", "nodePools", 0, "allocation"), ALLOCATIONS),
    (ENVIRONMENT, ("spec", "nodePools", 0, "scheduling"), SCHEDULINGS),
    (ENVIRONMENT, ("spec", "scheduling"), SCHEDULINGS),
    (ENVIRONMENT, ("metadata", "labels", "region"), LABEL_VALUES),
    (ENVIRONMENT, ("spec", "cluster"), [("null", LABELS[1][1]), ("gke", 'got "gke", expected a mapping')]),
    (
        ENVIRONMENT,
        ("spec", "cluster", "source"),
        [
            ("AKS", 'got "AKS", expected "Existing", "GKE" or "EKS"; did you mean "Existing"?'),
            ("existing", 'got "existing", expected "Existing", "GKE" or "EKS"; did you mean "Existing"?'),
        ],
    ),
    (
        ENVIRONMENT,
        ("spec", "cluster", "existing", "secretRef", "name"),
        [
            (
                "A b",
                (
                    'got "A b", expected a secret\'s name: letters, digits and any of /_+=.@:-, '
                    "beginning with a letter or digit"
                ),
            )
        ],
    ),
    (
        ENVIRONMENT,
        ("spec", "cluster", "existing", "secretRef", "key"),
        [("a/b", 'got "a/b", expected a key of a Secret: letters, digits, -, _ and ., not beginning with two dots')],
    ),
    (
        ENVIRONMENT,
        ("spec", "nodePools"),
        [("[]", "got 0 items, expected at least 1 item"), ("{}", "got a mapping, expected a list")],
    ),
    (ENVIRONMENT, (*POOL, "name"), [*NAME, ("a" * 41, "got 41 characters, expected at most 40 characters")]),
    (ENVIRONMENT, (*POOL, "nodeSelector"), LABELS),
    (ENVIRONMENT, (*POOL, "nodeSelector", "gpu"), [("true", f"got true, {IN_QUOTES}")]),
    (ENVIRONMENT, (*POOL, "labels"), LABELS),
    (ENVIRONMENT, (*POOL, "tolerations"), [("{}", "got a mapping, expected a list")]),
    (
        ENVIRONMENT,
        (*TOLERATION, "operator"),
        [("exists", 'got "exists", expected "Exists" or "Equal"; did you mean "Exists"?')],
    ),
    (
        ENVIRONMENT,
        (*TOLERATION, "effect"),
        [("NoRun", 'got "NoRun", expected "NoSchedule", "PreferNoSchedule" or "NoExecute"')],
    ),
    (
        ENVIRONMENT,
        (*TOLERATION, "value"),
        [("true", f"got true, {IN_QUOTES}"), ("a b", f'got "a b", {LABEL_VALUE}; write "a-b"')],
    ),
    (ENVIRONMENT, (*TOLERATION, "tolerationSeconds"), COUNT_OR_ZERO[:1]),
    (
        ENVIRONMENT,
        (*POOL, "acceleratorType"),
        [
            ('""', "got 0 characters, expected at least 1 character"),
            ("x" * 129, "got 129 characters, expected at most 128 characters"),
            ("4090", f"got 4090, {IN_QUOTES}"),
        ],
    ),
    (ENVIRONMENT, (*POOL, "acceleratorCount"), COUNT),
    (ENVIRONMENT, (*POOL, "nodeCount"), COUNT_OR_ZERO),
    (ENVIRONMENT, (*POOL, "maxNodeCount"), COUNT_OR_ZERO),
    (ENVIRONMENT, (*POOL, "allocatable", "cpu"), QUANTITY),
    (ENVIRONMENT, (*POOL, "allocatable", "memory"), QUANTITY),
    (ENVIRONMENT, (*POOL, "reservedUnits"), COUNT_OR_ZERO),
    (ENVIRONMENT, (*CAPABILITIES, "memoryPerGpu"), SLICE_MEMORY),
    (
        ENVIRONMENT,
        (*CAPABILITIES, "interconnect"),
        [("nvlinc", 'got "nvlinc", expected "pcie" or "nvlink"; did you mean "nvlink"?')],
    ),
    (
        ENVIRONMENT,
        (*CAPABILITIES, "precisionSupport"),
        [("fp8", 'got "fp8", expected a list: write [fp8]'), ("no", "got false, expected a list: write [false]")],
    ),
    (
        ENVIRONMENT,
        (*CAPABILITIES, "precisionSupport", 1),
        [
            ("bfloat16", f'got "bfloat16", expected {PRECISIONS}; did you mean "bf16"?'),
            ("8", f"got 8, expected {PRECISIONS}"),
        ],
    ),
    (ENVIRONMENT, (*CAPABILITIES, "multiNodeCapable"), FLAG),
    (ENVIRONMENT, (*CAPABILITIES, "nvlinkDomainSize"), COUNT),
    (
        ENVIRONMENT,
        (*CAPABILITIES, "interNodeBandwidth"),
        [
            ("400g", f'"400g" does not say on which fabric; write for example ib-400g {FABRICS}'),
            ("tcp-10g", f'"tcp-10g" is not a bandwidth; write fabric and Gbit/s, for example ib-400g {FABRICS}'),
            ("400", f"400 is not a bandwidth; write fabric and Gbit/s, for example ib-400g {FABRICS}"),
        ],
    ),
    (ENVIRONMENT, MIG, [("3g.40gb", 'got "3g.40gb", expected a mapping')]),
    (ENVIRONMENT, (*MIG, "enabled"), FLAG),
    (ENVIRONMENT, (*MIG, "profile"), [("3", f"got 3, {IN_QUOTES}")]),
    (
        ENVIRONMENT,
        (*MIG, "strategy"),
        [
            ("none", f'got "none", expected "mixed" or "single"; {UNCUT}'),
            ("off", 'got false, expected "mixed" or "single" (YAML reads no and off as false)'),
        ],
    ),
    (
        ENVIRONMENT,
        (*MIG, "slicesPerGpu"),
        [
            ("0", "got 0, expected at least 1"),
            ("8", "got 8, expected at most 7"),
            ("eight", 'got "eight", expected a whole number'),
        ],
    ),
    (MODEL, ("metadata", "name"), DOTTED_NAME),
    (
        MODEL,
        ("spec", "model", "name"),
        [
            (
                "a b",
                f'got "a b", {REQUEST_NAME}; write "a-b"',
            )
        ],
    ),
    (MODEL, ("spec", "source"), [("GCS", 'got "GCS", expected "HuggingFace", "S3", "PersistentVolumeClaim" or "OCI"')]),
    (
        MODEL,
        ("spec", "huggingFace", "repo"),
        [("a/b/c", 'got "a/b/c", expected a Hugging Face repository: owner/name, of letters, digits, -, _ and .')],
    ),
    (
        MODEL,
        ("spec", "huggingFace", "revision"),
        [
            (
                "a:b",
                (
                    'got "a:b", expected a branch, tag or commit: '
                    "letters, digits, -, _, . and /, beginning with a letter or digit"
                ),
            ),
            ("1234567", f"got 1234567, {IN_QUOTES}"),
        ],
    ),
    (
        MODEL,
        ("spec", "huggingFace", "secretRef"),
        [
            (
                "hf",
                (
                    'got "hf", expected a mapping: write {name: hf, key: KEY}, the Secret\'s name and the key in it '
                    "that holds the token"
                ),
            )
        ],
    ),
    (MODEL, ("spec", "resources", "cpu"), QUANTITY),
    (MODEL, ("spec", "resources", "memory"), QUANTITY),
    (MODEL, ("spec", "serving"), [("[]", "got 0 items, expected at least 1 item")]),
    (MODEL, (*PROFILE, "name"), NAME),
    (MODEL, (*PROFILE, "environmentSelector"), [("[a]", "got a list, expected a mapping")]),
    (MODEL, (*PROFILE, "environmentSelector", "matchLabels"), LABELS),
    (MODEL, (*PROFILE, "engine", "name"), [("vllm", 'got "vllm", expected "vLLM"')]),
    (
        MODEL,
        (*PROFILE, "engine", "image"),
        [
            ("a b", f'got "a b", {IMAGE}"a b" in the name has " "; a name has lower-case letters, digits, ., _ and -'),
            (
                "Vllm/vLLM:V1",
                f'got "Vllm/vLLM:V1", {IMAGE}"vLLM" in the name has capitals; {LOWER_CASE}; write "vllm/vllm:V1"',
            ),
        ],
    ),
    *OF_PARTS,
    *OF_SOURCES,
    *OF_ROUTER,
    *OF_TEAMS,
    *OF_POD,
    (
        MODEL,
        (*PROFILE, "engine", "args"),
        [
            ("--x", 'got "--x", expected a list: write [--x]'),
            ("--a=b -c true", 'got "--a=b -c true", expected a list: write [--a=b, -c, "true"]'),
            ("---a - --b", 'got "---a - --b", expected a list: begin every entry with `- `, a dash and a space'),
            ("{--a: b}", "got a mapping, expected a list: begin it with `- `"),
        ],
    ),
    (
        MODEL,
        (*PROFILE, "engine", "args", 0),
        [("4096", f"got 4096, {IN_QUOTES}"), ("{a: b}", f"got a mapping, expected text: {COLON}")],
    ),
    (MODEL, (*TOPOLOGY, "nodes"), UP_TO_1024),
    (MODEL, (*TOPOLOGY, "gpusPerNode"), UP_TO_1024),
    (MODEL, (*TOPOLOGY, "requires", "memoryPerGpu"), GPU_MEMORY),
    (
        MODEL,
        (*TOPOLOGY, "requires", "precisionSupport", 0),
        [("fp64", f'got "fp64", expected {PRECISIONS}')],
    ),
    (
        MODEL,
        (*TOPOLOGY, "requires", "interconnect"),
        [("pci", 'got "pci", expected "pcie" or "nvlink"; did you mean "pcie"?')],
    ),
    (
        MODEL,
        (*TOPOLOGY, "requires", "interNodeBandwidth"),
        [
            ("fast", f'"fast" is not a bandwidth; write fabric and Gbit/s, for example ib-400g {FABRICS}'),
            ('"400g\\n"', f'"400g\\n" is not a bandwidth; write fabric and Gbit/s, for example ib-400g {FABRICS}'),
        ],
    ),
    (MODEL, (*TOPOLOGY, "requires", "nvlinkDomainSize"), COUNT),
    (MODEL, (*TOPOLOGY, "requires", "mig"), [("yes", f'got true, expected "any", "never" or "only" {TRUTH}')]),
    *[(MODEL, (*TOPOLOGY, "parallelism", size), COUNT[:4]) for size in ("tensor", "pipeline", "data", "dataLocal")],
    (MODEL, (*TOPOLOGY, "parallelism", "expert"), FLAG),
    (
        MODEL,
        (*TOPOLOGY, "spread"),
        [("required", 'got "required", expected "preferred" or "none"')],
    ),
    (
        DEPLOYMENT,
        ("metadata", "name"),
        [
            (
                "7b-chat",
                f"{START_WITH_A_LETTER} (it becomes a Service's name)",
            ),
            ("a" * 254, "got 254 characters, expected at most 253 characters"),
        ],
    ),
    (DEPLOYMENT, ("metadata", "namespace"), NAME),
    (
        DEPLOYMENT,
        ("spec", "modelRef"),
        [
            ("gemma", 'got "gemma", expected a mapping: write {name: gemma}'),
            ("[{name: gemma}]", "got a list, expected a mapping: remove the `-` before its fields"),
        ],
    ),
    (DEPLOYMENT, ("spec", "modelRef", "name"), DOTTED_NAME),
    (
        DEPLOYMENT,
        ("spec", "servedModelName"),
        [
            (
                "a b",
                f'got "a b", {REQUEST_NAME}; write "a-b"',
            ),
            ("7", f"got 7, {IN_QUOTES}"),
        ],
    ),
    (
        DEPLOYMENT,
        ("spec", "modelRef", "kind"),
        [("Clustermodel", 'got "Clustermodel", expected "ClusterModel" or "Model"; did you mean "ClusterModel"?')],
    ),
    (
        DEPLOYMENT,
        ("spec", "environments"),
        [("0", COUNT[0][1]), ("11", "got 11, expected at most 10"), ("all", 'got "all", expected a whole number')],
    ),
    *[(DEPLOYMENT, ("spec", field, "matchLabels"), LABELS) for field in ("environmentSelector", "nodePoolSelector")],
    (
        DEPLOYMENT,
        ("spec", "priority"),
        [("high", 'got "high", expected a whole number'), ("1.5", "got 1.5, expected a whole number")],
    ),
    (
        DEPLOYMENT,
        ("spec", "scaling", "signal"),
        [("Concurency", 'got "Concurency", expected "Fixed" or "Concurrency"; did you mean "Concurrency"?')],
    ),
    (DEPLOYMENT, (*CONCURRENCY, "minReplicas"), COUNT_OR_ZERO),
    *[(DEPLOYMENT, (*CONCURRENCY, field), COUNT) for field in ("maxReplicas", "target")],
    (DEPLOYMENT, (*CONCURRENCY, "utilization"), [("0", COUNT[0][1]), ("101", "got 101, expected at most 100")]),
    (
        DEPLOYMENT,
        (*CONCURRENCY, "scaleDownDelay"),
        [COUNT_OR_ZERO[0], ("3601", "got 3601, expected at most 3600"), COUNT_OR_ZERO[2]],
    ),
]
CASES = [
    pytest.param(kind, path, written, message, id=f"{kind}-{dotted(path)}-{written[:20]}")
    for kind, path, wrong in WRONG
    for written, message in wrong
]


@pytest.mark.parametrize(("kind", "path", "written", "message"), CASES)
def test_a_wrong_value_is_refused_at_its_place(
    loader: Loader, kind: str, path: tuple[str | int, ...], written: str, message: str
) -> None:
    assert loader.refuse_at(complete_with(kind, path, written)) == f"{dotted(path)}: {message} [SW203]"


def test_the_table_leaves_no_field_out() -> None:
    tested = {(kind, field) for kind, path, _ in WRONG for field in leads_to(path)}
    every = {(kind, path) for kind in (ENVIRONMENT, MODEL, DEPLOYMENT) for path in leaves(COMPLETE[kind])}
    untested = {
        (kind, path)
        for kind, path in every - tested
        # Same types as fields of the same name elsewhere, or checked by another test (apiVersion, kind).
        if not path.endswith(("apiVersion", ".labels", "Labels.region", "Labels.tier"))
        # A config is the model's own: tests/unit/documents/test_architecture.py.
        and ".architecture.config." not in path
        # What may be in several places is the same type in each.
        and (".pod." not in path or (kind, path[:9]) == (MODEL, "spec.pod."))
        and not re.match(r"spec\.storageInitializer\.\w+\[", path)
        and path not in ("kind", "metadata.labels.team", "metadata.labels.family")
    }
    assert {path for _, path in untested} == {
        'spec.nodePools[0].nodeSelector["cloud.google.com/gke-accelerator"]',
        "spec.nodePools[0].labels.tier",
        "spec.nodePools[0].tolerations[0].key",
        "spec.huggingFace.secretRef.name",
        "spec.huggingFace.secretRef.key",
    }
