"""Values that are wrong for every field of one type, and what is said of them."""

from __future__ import annotations

from tests.unit.documents.fields import CAPABILITIES, ENVIRONMENT, MODEL, POOL, PROFILE

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
UP_TO_1024 = [("0", COUNT[0][1]), ("1025", "got 1025, expected at most 1024")]
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
# GPUs are sold in powers of 1024, and no slice has less than a GiB.
_OF_GPU = {
    "40GB": "40Gi",
    "80 GB": "80Gi",
    '"8 "': "8Gi",
    "500 m": "500Gi",
    "8e3m": "8000Mi",
    "500 mi": "500Gi",
}
# Of the complete document's slices of 3g.40gb a driver leaves 39.5 GiB.
_OF_SLICE = {**_OF_GPU, **dict.fromkeys(("40GB", "80 GB", "500 m", "500 mi", "51_539_607_552"), "39.5Gi")}
GPU_MEMORY, SLICE_MEMORY = (
    [
        (written, f"{said.partition('; ')[0]}; write {of[written]}" if written in of else said)
        for written, said in QUANTITY
    ]
    for of in (_OF_GPU, _OF_SLICE)
)
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
DEVICE = (*CAPABILITIES, "interNodeDevice")
# What a node has beside GPUs, CPU and memory, and how pods get at the network between nodes.
OF_NODES = [
    (ENVIRONMENT, (*POOL, "allocatable", "pods"), COUNT),
    (ENVIRONMENT, (*POOL, "allocatable", "ephemeralStorage"), QUANTITY),
    (
        ENVIRONMENT,
        (*POOL, "allocatable", "extendedResources"),
        [
            ("8", "got 8, expected a mapping"),
            ("null", LABELS[1][1]),
        ],
    ),
    (
        ENVIRONMENT,
        (*POOL, "allocatable", "extendedResources", "rdma/ib"),
        [
            ("half", '"half" is not a Kubernetes quantity; write for example 40Gi, 500m or 4'),
            ("0.5", "0.5 is not a whole number; write how many there are, for example 8"),
            ("100Ti", '"100Ti" is more than any node has; write how many there are'),
        ],
    ),
    (
        ENVIRONMENT,
        (*DEVICE, "resource"),
        [
            (
                "ib",
                (
                    'got "ib", expected the name of an extended resource, as kubectl describe node shows it, with what '
                    "is before the slash: rdma/ib"
                ),
            ),
            (
                "nvidia.com/gpu",
                (
                    '"nvidia.com/gpu" is counted already; leave it out: GPUs and slices follow from acceleratorCount '
                    "and migConfiguration"
                ),
            ),
        ],
    ),
    (ENVIRONMENT, (*DEVICE, "count"), COUNT),
    (ENVIRONMENT, (*DEVICE, "env"), [("{}", "got a mapping, expected a list")]),
]
# What a model is made of, and the version of its engine.
OF_ARCHITECTURE = [
    (
        MODEL,
        (*PROFILE, "engine", "version"),
        [
            ("latest", 'got "latest", expected a version of vLLM, for example 0.23.0'),
            ("0.23", f"got 0.23, {IN_QUOTES}"),
        ],
    ),
    (MODEL, ("spec", "architecture", "config"), [("[1]", "got a list, expected a mapping")]),
    (
        MODEL,
        ("spec", "architecture", "configFile"),
        [("7", f"got 7, {IN_QUOTES}"), ("''", "got 0 characters, expected at least 1 character")],
    ),
    (
        MODEL,
        ("spec", "architecture", "checkpointBytes"),
        [("0", COUNT[0][1]), ("many", 'got "many", expected a whole number')],
    ),
]
OF_PARTS = [*OF_NODES, *OF_ARCHITECTURE]
_DEVICE_PLUGIN = "expected a version of NVIDIA's device plugin in three numbers, for example 0.19.3"
DEVICE_PLUGIN_VERSIONS = [
    ("0.19", f"got 0.19, {IN_QUOTES}"),
    ("v0.19.3", f'got "v0.19.3", {_DEVICE_PLUGIN}; write "0.19.3"'),
    ("0.19.3-ubi8", f'got "0.19.3-ubi8", {_DEVICE_PLUGIN}; write "0.19.3"'),
    ("v0.20", f'got "v0.20", {_DEVICE_PLUGIN}; write "0.20.0"'),
    ("latest", f'got "latest", {_DEVICE_PLUGIN}'),
    ("00.19.3", f'got "00.19.3", {_DEVICE_PLUGIN}'),
]
LABEL_VALUES = [
    ("true", f"got true, {IN_QUOTES}"),
    ("8", f"got 8, {IN_QUOTES}"),
    ("1.5", f"got 1.5, {IN_QUOTES}"),
    ("null", "got nothing, expected text: give it a value, or remove the field"),
    ("a b", f'got "a b", {LABEL_VALUE}; write "a-b"'),
    ("a" * 64, f'got "{"a" * 60}...", {LABEL_VALUE}'),
]
_KUBERNETES = "expected the version of the cluster's Kubernetes, for example 1.36 or 1.36.2"
KUBERNETES_VERSIONS = [
    ("latest", f'got "latest", {_KUBERNETES}'),
    ("1.36", f"got 1.36, {IN_QUOTES}"),
    ('"1.36-gke"', f'got "1.36-gke", {_KUBERNETES}'),
    ("[1.36]", "got a list, expected text"),
]
_SCHEDULINGS = 'expected "Active", "NoNew" or "Drain"'
SCHEDULINGS = [
    ("nonew", f'got "nonew", {_SCHEDULINGS}; did you mean "NoNew"?'),
    ("Draining", f'got "Draining", {_SCHEDULINGS}; did you mean "Drain"?'),
    ("false", f"got false, {_SCHEDULINGS} (YAML reads no and off as false)"),
    ("{drain: true}", f"got a mapping, {_SCHEDULINGS}"),
]
_ALLOCATIONS = 'expected "devicePlugin", "extendedResource" or "claim"'
ALLOCATIONS = [
    ("dra", f'got "dra", {_ALLOCATIONS}; did you mean "claim"?'),
    ("true", f"got true, {_ALLOCATIONS} (YAML reads yes and on as true)"),
    ("[claim]", f"got a list, {_ALLOCATIONS}"),
]
