"""Every field, default and limit that docs/documents.md has."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.diagnostics.diagnostic import dotted
from slicewise.documents import KINDS
from tests.unit.documents.documents import COMPLETE, MINIMAL, complete_with, mig, minimal, pools, text
from tests.unit.documents.loader import Loader

ENVIRONMENT, MODEL, DEPLOYMENT = "InferenceEnvironment", "ClusterModel", "ModelDeployment"
POOL = ("spec", "nodePools", 0)
CAPABILITIES = (*POOL, "capabilities")
MIG = (*CAPABILITIES, "migConfiguration")
TOLERATION = (*POOL, "tolerations", 0)
PROFILE = ("spec", "serving", 0)
TOPOLOGY = (*PROFILE, "replicaTopology")
CONCURRENCY = ("spec", "scaling", "concurrency")

UNCUT = "where GPUs are not cut into slices, leave migConfiguration out"
REQUEST_NAME = "expected letters, digits, -, _, . and /, with a letter or digit at both ends and beside every /"
IMAGE = "expected an image, [REGISTRY/]NAME[:TAG][@DIGEST]: "
LOWER_CASE = "a name is in lower case"
LABEL = "expected lower-case letters, digits and -, beginning and ending with a letter or digit"
LABEL_VALUE = "expected a Kubernetes label value: at most 63 letters, digits, -, _ and ."
IN_QUOTES = "expected text: put it in quotes"
COLON = "a colon and a space make a mapping, so put text that has them in quotes"
TRUTH = "(YAML reads yes and on as true)"
TWELVE_DIGITS = "999999999999"
COUNT = [
    ("0", "got 0, expected at least 1"),
    ("-1", "got -1, expected at least 1"),
    ("1000001", "got 1000001, expected at most 1000000"),
    ("2.5", "got 2.5, expected a whole number"),
    ("2.0", "got 2.0, expected a whole number: write 2"),
    ('"8"', 'got "8", expected a whole number: remove the quotes'),
    ("eight", 'got "eight", expected a whole number'),
    ("true", "got true, expected a whole number"),
    (".nan", "got nan, expected a whole number"),
    (".inf", "got inf, expected a whole number"),
    ("[8]", "got a list, expected a whole number"),
]
COUNT_OR_ZERO = [
    ("-1", "got -1, expected at least 0"),
    ("1000001", "got 1000001, expected at most 1000000"),
    ("{}", "got a mapping, expected a whole number"),
]
FLAG = [
    ("1", "got 1, expected true or false"),
    ('"true"', 'got "true", expected true or false: remove the quotes'),
    ("maybe", 'got "maybe", expected true or false'),
]
QUANTITY = [
    ("40GB", '"40GB" is not a Kubernetes quantity; write 40Gi (powers of 1024) or 40G (powers of 1000)'),
    ("80 GB", '"80 GB" is not a Kubernetes quantity; write 80Gi (powers of 1024) or 80G (powers of 1000)'),
    ('"8 "', '"8 " is not a Kubernetes quantity; write 8'),
    ("51_539_607_552", '"51_539_607_552" is not a Kubernetes quantity; write 51539607552'),
    ("500 m", '"500 m" is not a Kubernetes quantity; write 500m (thousandths) or 500Mi (powers of 1024)'),
    ("8e3m", '"8e3m" is not a Kubernetes quantity; write 8000m (thousandths) or 8000Mi (powers of 1024)'),
    ("500 mi", '"500 mi" is not a Kubernetes quantity; write 500Mi (powers of 1024)'),
    ("lots", '"lots" is not a Kubernetes quantity; write for example 40Gi, 500m or 4'),
    ("0", "0 is 0; write more than that"),
    ("-40Gi", '"-40Gi" is not more than 0; write for example 40Gi, 500m or 4'),
    ("-4", "-4 is not more than 0; write for example 40Gi, 500m or 4"),
    ("true", "true is not a Kubernetes quantity; write for example 40Gi, 500m or 4"),
    (".inf", "inf is not a Kubernetes quantity; write for example 40Gi, 500m or 4"),
    ("[40Gi]", "a list is not a Kubernetes quantity; write for example 40Gi, 500m or 4"),
]
NAME = [
    ("Upper", f'got "Upper", {LABEL}; write "upper"'),
    ("a_b", f'got "a_b", {LABEL}; write "a-b"'),
    ("-a", f'got "-a", {LABEL}; write "a"'),
    ("a-", f'got "a-", {LABEL}; write "a"'),
    ("a.b", f'got "a.b", {LABEL}; write "a-b"'),
    ('""', f'got "", {LABEL}'),
    ("7", f"got 7, {IN_QUOTES}"),
]
# apimachinery's IsDNS1123Subdomain: labels with dots between them, 253 characters in all.
SUBDOMAIN = "expected lower-case letters, digits, - and ., with a letter or digit at both ends and beside every dot"
DOTTED_NAME = [
    ("Qwen2.5-7B", f'got "Qwen2.5-7B", {SUBDOMAIN}; write "qwen2.5-7b"'),
    ("a_b", f'got "a_b", {SUBDOMAIN}; write "a-b"'),
    ("a..b", f'got "a..b", {SUBDOMAIN}; write "a.b"'),
    ("a.-b", f'got "a.-b", {SUBDOMAIN}; write "a.b"'),
    ("a-.b", f'got "a-.b", {SUBDOMAIN}; write "a.b"'),
    (".a", f'got ".a", {SUBDOMAIN}; write "a"'),
    ("a.", f'got "a.", {SUBDOMAIN}; write "a"'),
    ('""', f'got "", {SUBDOMAIN}'),
    ("7", f"got 7, {IN_QUOTES}"),
    ("a." * 127, "got 254 characters, expected at most 253 characters"),
]
LABELS = [
    ("[a, b]", "got a list, expected a mapping"),
    ("null", "got nothing, expected a mapping: give it a value, or remove the field"),
]
FABRICS = "(fabrics: ib, roce, efa, eth)"
PRECISIONS = '"fp32", "fp16", "bf16", "fp8", "fp4", "int8" or "int4"'

Wrong = tuple[str, tuple[str | int, ...], list[tuple[str, str]]]
WRONG: list[Wrong] = [
    (ENVIRONMENT, ("metadata", "name"), [*NAME, ("a" * 64, "got 64 characters, expected at most 63 characters")]),
    (ENVIRONMENT, ("metadata", "labels"), LABELS),
    (
        ENVIRONMENT,
        ("metadata", "labels", "region"),
        [
            ("true", f"got true, {IN_QUOTES}"),
            ("8", f"got 8, {IN_QUOTES}"),
            ("1.5", f"got 1.5, {IN_QUOTES}"),
            ("null", "got nothing, expected text: give it a value, or remove the field"),
            ("a b", f'got "a b", {LABEL_VALUE}; write "a-b"'),
            ("a" * 64, f'got "{"a" * 60}...", {LABEL_VALUE}'),
        ],
    ),
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
    (ENVIRONMENT, (*CAPABILITIES, "memoryPerGpu"), QUANTITY),
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
    (MODEL, ("spec", "source"), [("S3", 'got "S3", expected "HuggingFace"')]),
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
    (MODEL, (*TOPOLOGY, "nodes"), [("0", COUNT[0][1]), ("1025", "got 1025, expected at most 1024")]),
    (MODEL, (*TOPOLOGY, "gpusPerNode"), [("0", COUNT[0][1]), ("1025", "got 1025, expected at most 1024")]),
    (MODEL, (*TOPOLOGY, "requires", "memoryPerGpu"), QUANTITY),
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
                (
                    'got "7b-chat", expected lower-case letters, digits and -, beginning with a letter '
                    "(it becomes a Service's name)"
                ),
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
    (DEPLOYMENT, ("spec", "environmentSelector", "matchLabels"), LABELS),
    (DEPLOYMENT, ("spec", "nodePoolSelector", "matchLabels"), LABELS),
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
    (DEPLOYMENT, (*CONCURRENCY, "maxReplicas"), COUNT),
    (DEPLOYMENT, (*CONCURRENCY, "target"), COUNT),
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


def leaves(data: object, path: tuple[str | int, ...] = ()) -> set[str]:
    """Return the dotted path of every field below `path`, with every list's first entry."""
    if isinstance(data, dict):
        return {dotted((*path, key)) for key in data}.union(
            *(leaves(value, (*path, key)) for key, value in data.items())
        )
    if isinstance(data, list):
        return set().union(*(leaves(value, (*path, 0)) for value in data))
    return set()


def test_the_table_leaves_no_field_out() -> None:
    tested = {(kind, dotted(path[: index + 1])) for kind, path, _ in WRONG for index in range(len(path))}
    every = {(kind, path) for kind in (ENVIRONMENT, MODEL, DEPLOYMENT) for path in leaves(COMPLETE[kind])}
    untested = {
        (kind, path)
        for kind, path in every - tested
        # Same types as fields of the same name elsewhere, or checked by another test (apiVersion, kind).
        if not path.endswith(("apiVersion", ".labels", "Labels.region", "Labels.tier"))
        and path not in ("kind", "metadata.labels.team", "metadata.labels.family")
    }
    assert {path for _, path in untested} == {
        'spec.nodePools[0].nodeSelector["cloud.google.com/gke-accelerator"]',
        "spec.nodePools[0].labels.tier",
        "spec.nodePools[0].tolerations[0].key",
        "spec.huggingFace.secretRef.name",
        "spec.huggingFace.secretRef.key",
    }


REQUIRED: list[tuple[str, tuple[str | int, ...]]] = [
    *[(ENVIRONMENT, path) for path in [("metadata",), ("metadata", "name"), ("spec",), ("spec", "cluster")]],
    (ENVIRONMENT, ("spec", "cluster", "source")),
    (ENVIRONMENT, ("spec", "cluster", "existing")),
    (ENVIRONMENT, ("spec", "cluster", "existing", "secretRef", "name")),
    (ENVIRONMENT, ("spec", "nodePools")),
    *[(ENVIRONMENT, (*POOL, name)) for name in ("name", "acceleratorType", "acceleratorCount", "capabilities")],
    (ENVIRONMENT, (*CAPABILITIES, "memoryPerGpu")),
    *[(MODEL, path) for path in [("metadata",), ("metadata", "name"), ("spec",), ("spec", "model")]],
    *[(MODEL, path) for path in [("spec", "model", "name"), ("spec", "source"), ("spec", "huggingFace")]],
    *[(MODEL, path) for path in [("spec", "huggingFace", "repo"), ("spec", "serving"), (*PROFILE, "name")]],
    *[(DEPLOYMENT, path) for path in [("metadata",), ("metadata", "name"), ("spec",), ("spec", "modelRef")]],
    *[(DEPLOYMENT, path) for path in [("spec", "modelRef", "name"), ("spec", "environments")]],
]


def remove(data: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - plain data
    """Return plain data without the field at `path`."""
    if isinstance(data, list):
        return [remove(value, path[1:]) if index == path[0] else value for index, value in enumerate(data)]
    if len(path) == 1:
        return {key: value for key, value in data.items() if key != path[0]}
    return {key: remove(value, path[1:]) if key == path[0] else value for key, value in data.items()}


@pytest.mark.parametrize(
    ("kind", "path"), REQUIRED, ids=lambda value: value if isinstance(value, str) else dotted(value)
)
def test_the_least_document_needs_each_of_its_fields(loader: Loader, kind: str, path: tuple[str | int, ...]) -> None:
    model = [minimal("ClusterModel")] if kind == "ModelDeployment" else []
    (line,) = loader.refuse(text(remove(MINIMAL[kind], path)), *model)
    line = line.removeprefix("0.yaml:")
    where = f" in {dotted(path[:-1])}" if path[:-1] else ""
    assert line.split(" ", 1)[1] == f'{dotted(path)}: "{path[-1]}" is required{where}; add it [SW202]'


def test_what_is_missing_is_missed_at_its_parent(loader: Loader) -> None:
    message = loader.refuse_at("""\
apiVersion: modelplane.ai/v1alpha1
kind: ModelDeployment
metadata: {name: chat}
spec:
  §environments: 1
""")
    assert message == 'spec.modelRef: "modelRef" is required in spec; add it [SW202]'


def test_the_least_fields_are_exactly_those_required() -> None:
    for kind in (ENVIRONMENT, MODEL, DEPLOYMENT):
        required = {dotted(path) for of, path in REQUIRED if of == kind}
        # secretRef is one of three ways to reach a cluster (tests/unit/documents/test_clusters.py).
        assert leaves(MINIMAL[kind]) - required <= {"apiVersion", "kind", "spec.cluster.existing.secretRef"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_least_and_the_complete_document_load(loader: Loader, kind: str) -> None:
    models = [] if "Model" in kind and kind != DEPLOYMENT else [minimal(MODEL)]
    loader.accept(minimal(kind), *models)
    loader.accept(text(COMPLETE[kind]), *models)


DEFAULTS: dict[str, dict[str, object]] = {
    ENVIRONMENT: {
        "metadata.labels": {},
        "spec.cluster.existing.secret_ref.key": "kubeconfig",
        "spec.node_pools.0.node_selector": {},
        "spec.node_pools.0.labels": {},
        "spec.node_pools.0.tolerations": (),
        "spec.node_pools.0.node_count": 1,
        "spec.node_pools.0.max_node_count": None,
        "spec.node_pools.0.nodes": 1,
        "spec.node_pools.0.allocatable.cpu": None,
        "spec.node_pools.0.allocatable.memory": None,
        "spec.node_pools.0.reserved_units": 0,
        "spec.node_pools.0.capabilities.interconnect": None,
        "spec.node_pools.0.capabilities.precision_support": frozenset(),
        "spec.node_pools.0.capabilities.multi_node_capable": False,
        "spec.node_pools.0.capabilities.nvlink_domain_size": None,
        "spec.node_pools.0.capabilities.inter_node_bandwidth": None,
        "spec.node_pools.0.capabilities.mig_configuration": None,
        "spec.node_pools.0.mig": None,
        "spec.node_pools.0.resource": "nvidia.com/gpu",
    },
    MODEL: {
        "spec.hugging_face.revision": "main",
        "spec.hugging_face.secret_ref": None,
        "spec.resources.cpu.text": "4",
        "spec.resources.memory.text": "16Gi",
        "spec.serving.0.environment_selector.match_labels": {},
        "spec.serving.0.engine.name": "vLLM",
        "spec.serving.0.engine.image": None,
        "spec.serving.0.engine.args": (),
        "spec.serving.0.replica_topology.nodes": 1,
        "spec.serving.0.replica_topology.gpus_per_node": 1,
        "spec.serving.0.replica_topology.requires.memory_per_gpu": None,
        "spec.serving.0.replica_topology.requires.precision_support": frozenset(),
        "spec.serving.0.replica_topology.requires.interconnect": None,
        "spec.serving.0.replica_topology.requires.inter_node_bandwidth": None,
        "spec.serving.0.replica_topology.requires.nvlink_domain_size": None,
        "spec.serving.0.replica_topology.requires.mig": "any",
        "spec.serving.0.replica_topology.spread": "preferred",
    },
    DEPLOYMENT: {
        "metadata.namespace": "default",
        "spec.model_ref.kind": "ClusterModel",
        "spec.environment_selector.match_labels": {},
        "spec.node_pool_selector.match_labels": {},
        "spec.priority": 0,
        "spec.scaling.signal": "Fixed",
        "replicas": 1,
        "autoscaled": False,
    },
}


def at(value: Any, path: str) -> object:  # noqa: ANN401 - any part of a document
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [(kind, path, value) for kind, defaults in DEFAULTS.items() for path, value in defaults.items()],
)
def test_defaults(kind: str, path: str, value: object) -> None:
    assert at(KINDS[kind].model_validate(MINIMAL[kind]), path) == value


def test_defaults_of_concurrency() -> None:
    data = {"signal": "Concurrency", "concurrency": {"maxReplicas": 4, "target": 8}}
    spec = {**MINIMAL[DEPLOYMENT]["spec"], "scaling": data}
    deployment = KINDS[DEPLOYMENT].model_validate({**MINIMAL[DEPLOYMENT], "spec": spec})
    concurrency = at(deployment, "spec.scaling.concurrency")
    assert [at(concurrency, name) for name in ("min_replicas", "utilization", "scale_down_delay")] == [1, 70, 300]
    assert (at(deployment, "replicas"), at(deployment, "autoscaled")) == (4, True)


@pytest.mark.parametrize(
    ("nodes", "gpus_per_node", "parallelism", "expected"),
    [
        (1, 1, {}, (1, 1, 1, 1)),
        (1, 8, {}, (8, 1, 1, 1)),
        (2, 8, {}, (8, 2, 1, 1)),
        (1, 8, {"tensor": 2, "pipeline": 4}, (2, 4, 1, 1)),
        (2, 8, {"data": 16, "dataLocal": 8}, (1, 1, 16, 8)),
        (1, 8, {"data": 4, "tensor": 2}, (2, 1, 4, 4)),
    ],
)
def test_parallel_sizes_follow_from_the_shape(
    loader: Loader, nodes: int, gpus_per_node: int, parallelism: dict[str, int], expected: tuple[int, ...]
) -> None:
    topology = {"nodes": nodes, "gpusPerNode": gpus_per_node, "parallelism": parallelism}
    fleet = loader.load(minimal(MODEL, PROFILE, {"name": "p", "replicaTopology": topology}))
    sizes = next(iter(fleet.models.values())).serving[0].replica_topology.parallel_sizes
    assert (sizes.tensor, sizes.pipeline, sizes.data, sizes.data_local) == expected


@pytest.mark.parametrize(("count", "maximum", "nodes"), [(0, None, 0), (3, None, 3), (0, 8, 8), (2, 2, 2)], ids=str)
def test_capacity_counts_the_most_nodes_there_may_be(count: int, maximum: int | None, nodes: int) -> None:
    pool = {**MINIMAL[ENVIRONMENT]["spec"]["nodePools"][0], "nodeCount": count, "maxNodeCount": maximum}
    spec = {**MINIMAL[ENVIRONMENT]["spec"], "nodePools": [pool]}
    assert (
        at(KINDS[ENVIRONMENT].model_validate({**MINIMAL[ENVIRONMENT], "spec": spec}), "spec.node_pools.0.nodes")
        == nodes
    )


def test_lists_have_limits(loader: Loader) -> None:
    (pool,) = MINIMAL[ENVIRONMENT]["spec"]["nodePools"]

    def environment(count: int) -> str:
        selected = [{**pool, "name": f"p{i}", "nodeSelector": {"pool": str(i)}} for i in range(count)]
        return minimal(ENVIRONMENT, ("spec", "nodePools"), selected)

    loader.load(environment(64))
    (line,) = loader.refuse(environment(65))
    assert "spec.nodePools: got 65 items, expected at most 64 items [SW203]" in line
    loader.load(minimal(MODEL, ("spec", "serving"), [{"name": f"p{i}"} for i in range(8)]))
    (line,) = loader.refuse(minimal(MODEL, ("spec", "serving"), [{"name": f"p{i}"} for i in range(9)]))
    assert "spec.serving: got 9 items, expected at most 8 items [SW203]" in line


def test_documents_are_frozen() -> None:
    for kind, model in KINDS.items():
        document = model.model_validate(COMPLETE[kind])
        with pytest.raises(ValueError, match="frozen"):
            document.kind = "Other"  # type: ignore[assignment, misc]


def test_null_is_the_same_as_leaving_an_optional_field_out(loader: Loader) -> None:
    given = loader.load(minimal(ENVIRONMENT, (*POOL, "maxNodeCount")))
    assert given.environments == loader.load(minimal(ENVIRONMENT)).environments


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("https://huggingface.co/google/gemma-3-27b-it", "google/gemma-3-27b-it"),
        ("https://huggingface.co/google/gemma-3-27b-it/tree/main", "google/gemma-3-27b-it"),
        ("hf://google/gemma-3-27b-it:main", "google/gemma-3-27b-it"),
        ("https://example.com/google/gemma", None),
    ],
)
def test_the_repository_of_an_address(loader: Loader, written: str, proposed: str | None) -> None:
    (line,) = loader.refuse(minimal(MODEL, ("spec", "huggingFace", "repo"), written))
    expected = "expected a Hugging Face repository: owner/name, of letters, digits, -, _ and ."
    hint = f'; write "{proposed}"' if proposed else ""
    assert line.endswith(f'got "{written}", {expected}{hint} [SW203]')


@pytest.mark.parametrize(
    "written", ["010", "00", "017", "09", "-017", "+0_7", "0x10", "-0x1F", "0b10", "0o10", "1_0", "1:00", "1:00:00"]
)
def test_a_number_that_not_every_yaml_reads_alike(loader: Loader, written: str) -> None:
    text = minimal(ENVIRONMENT, (*POOL, "nodeCount"), "MARK").replace("MARK", f"§{written}")
    expected = "a whole number: write it in decimal, such as 8 or 10, without zeros before it"
    assert loader.refuse_at(text) == f'spec.nodePools[0].nodeCount: got "{written}", expected {expected} [SW203]'


@pytest.mark.parametrize(("written", "read"), [("10", 10), ("+10", 10), ("0", 0)])
def test_a_decimal_number(loader: Loader, written: str, read: int) -> None:
    text = minimal(ENVIRONMENT, (*POOL, "nodeCount"), "MARK").replace("MARK", written)
    assert loader.load(text).environments[0].spec.node_pools[0].node_count == read


@pytest.mark.parametrize(
    ("written", "meant"),
    [("float16", "fp16"), ("half", "fp16"), ("bfloat16", "bf16"), ("e4m3", "fp8"), ("E5M2", "fp8"), ("FP8", "fp8")],
)
def test_other_names_of_number_formats(loader: Loader, written: str, meant: str) -> None:
    (line,) = loader.refuse(pools({"capabilities": {"memoryPerGpu": "79Gi", "precisionSupport": [written]}}))
    assert line.endswith(f'; did you mean "{meant}"? [SW203]')


@pytest.mark.parametrize("written", ["fp64", "int16", "fp6"])
def test_no_number_format_is_proposed_of_another_width(loader: Loader, written: str) -> None:
    (line,) = loader.refuse(pools({"capabilities": {"memoryPerGpu": "79Gi", "precisionSupport": [written]}}))
    assert line.endswith(f'got "{written}", expected {PRECISIONS} [SW203]')


@pytest.mark.parametrize(
    ("gpu", "written", "meant"),
    [
        ("h100-80gb", "1g.5gb", "1g.10gb"),
        ("a100-40gb", "3g.40gb", "3g.20gb"),
        ("h100-80gb", "1g.20g", "1g.20gb"),
        ("h200", "3g.40gb", "3g.71gb"),
        ("h100-80gb", "mig-1g.24gb", "1g.20gb"),
        ("h100-80gb", "1g.12gb+me", "1g.10gb+me"),
    ],
)
def test_the_profile_that_is_proposed_has_as_many_compute_slices(
    loader: Loader, gpu: str, written: str, meant: str
) -> None:
    (line,) = loader.refuse(pools({"acceleratorType": gpu, "capabilities": mig(written, "4Gi")}))
    assert line.endswith(f'; did you mean "{meant}"? [SW204]')
