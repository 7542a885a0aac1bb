"""The rules of node pools: MIG (docs/mig-catalogue.md), counts, tolerations, pools that cannot be told apart."""

from __future__ import annotations

import pytest

from tests.unit.documents.documents import Data, mig, minimal, pools
from tests.unit.documents.loader import Loader

H100_PROFILES = (
    "it has 1g.10gb (x7), 1g.10gb+me (x1), 1g.20gb (x4), 2g.20gb (x3), 3g.40gb (x2), 4g.40gb (x1), 7g.80gb (x1)"
)


def pool(capabilities: str, accelerator: str = "nvidia-h100-80gb", more: str = "") -> str:
    """Write an environment with one pool; the texts may hold a mark."""
    return f"""\
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata: {{name: mig-a}}
spec:
  cluster: {{source: Existing, existing: {{secretRef: {{name: mig-a}}}}}}
  nodePools:
    - name: pool
      acceleratorType: {accelerator}
      acceleratorCount: 8
      capabilities: {capabilities}
{more}"""


def sliced(profile: str, memory: str = "9Gi", more: str = "", beside: str = "") -> str:
    return f"{{memoryPerGpu: {memory}, {beside}migConfiguration: {{enabled: true, profile: {profile}{more}}}}}"


@pytest.mark.parametrize(
    ("accelerator", "profile", "remedy"),
    [
        ("nvidia-h100-80gb", "3g.45gb", f'; {H100_PROFILES}; did you mean "3g.40gb"?'),
        ("nvidia-h100-80gb", "3G.40GB", f'; {H100_PROFILES}; did you mean "3g.40gb"?'),
        ("nvidia-h100-80gb", "mig-3g.40gb", f'; {H100_PROFILES}; did you mean "3g.40gb"?'),
        ("nvidia-h100-80gb", "1g.10gb.me", f'; {H100_PROFILES}; did you mean "1g.10gb+me"?'),
        ("nvidia-h100-80gb", "half", f"; {H100_PROFILES}"),
        # The same names on another board: the catalogue is keyed by GPU model and profile.
        ("a30", "3g.40gb", None),
        ("h100-80gb", "1g.24gb", None),
    ],
)
def test_an_unknown_profile(loader: Loader, accelerator: str, profile: str, remedy: str | None) -> None:
    message = loader.refuse_at(pool(sliced(f"§{profile}"), accelerator))
    short = accelerator.removeprefix("nvidia-")
    start = f'spec.nodePools[0].capabilities.migConfiguration.profile: "{profile}" is not a MIG profile of {short}'
    assert message.startswith(start)
    assert message.endswith("[SW204]")
    if remedy is not None:
        assert message == f"{start}{remedy} [SW204]"


@pytest.mark.parametrize(
    ("accelerator", "profile"),
    [("h100-94gb", "1g.24gb"), ("nvidia-rtx-pro-6000", "1g.24gb"), ("h100-80gb", "1g.10gb+me"), ("a30", "1g.6gb")],
)
def test_a_known_profile(loader: Loader, accelerator: str, profile: str) -> None:
    loader.accept(pool(sliced(profile, memory="5Gi"), accelerator))


def test_a_profile_is_required_where_mig_is_enabled(loader: Loader) -> None:
    message = loader.refuse_at(pool("{memoryPerGpu: 9Gi, migConfiguration: §{enabled: true}}"))
    assert message == (
        'spec.nodePools[0].capabilities.migConfiguration.profile: "profile" is required where MIG is enabled; '
        f"{H100_PROFILES.replace('it has', 'h100-80gb has')} [SW202]"
    )


def test_switched_off_mig_is_whole_gpus(loader: Loader) -> None:
    fleet = loader.load(pool("{memoryPerGpu: 80Gi, migConfiguration: {enabled: false, profile: 3g.40gb}}"))
    (found,) = fleet.environments[0].spec.node_pools
    assert (found.mig, found.resource) == (None, "nvidia.com/gpu")


@pytest.mark.parametrize(
    ("written", "resource"),
    [
        ("3g.40gb", "nvidia.com/mig-3g.40gb"),
        ("3g.40gb, strategy: mixed", "nvidia.com/mig-3g.40gb"),
        ("3g.40gb, strategy: single", "nvidia.com/gpu"),
        ("1g.10gb+me", "nvidia.com/mig-1g.10gb.me"),
    ],
)
def test_the_resource_of_a_slice(loader: Loader, written: str, resource: str) -> None:
    fleet = loader.load(pool(sliced(written)))
    assert fleet.environments[0].spec.node_pools[0].resource == resource


@pytest.mark.parametrize(
    ("accelerator", "message"),
    [
        (
            "4090-ti",
            (
                '"4090-ti" is not in the catalogue of GPU models; if it is newer than the catalogue, '
                "set migConfiguration.slicesPerGpu"
            ),
        ),
        ("nvidia-h100-800gb", '"nvidia-h100-800gb" is not in the catalogue of GPU models; did you mean '),
        ("h100", '"h100" may be any of '),
    ],
)
def test_an_unknown_accelerator_of_a_pool_of_slices(loader: Loader, accelerator: str, message: str) -> None:
    line = loader.refuse_at(pool(sliced("3g.40gb"), f"§{accelerator}"))
    assert line.startswith(f"spec.nodePools[0].acceleratorType: {message}")
    assert line.endswith(" [SW205]")


def test_a_gpu_that_cannot_be_cut(loader: Loader) -> None:
    assert loader.refuse_at(pool(sliced("1g.6gb", "5Gi"), "§nvidia-l4")) == (
        "spec.nodePools[0].acceleratorType: l4 cannot be cut into slices (it is not among NVIDIA's MIG GPUs); "
        "remove migConfiguration, or correct the GPU model [SW206]"
    )


@pytest.mark.parametrize(
    ("capabilities", "accelerator", "message"),
    [
        (sliced("3g.40gb", "§80Gi"), "h100-80gb", "80Gi is more than one 3g.40gb slice has, and "),
        (sliced("1g.10gb", "§10.1Gi"), "h100-80gb", "10.1Gi is more than one 1g.10gb slice has, and "),
        ("{memoryPerGpu: §81Gi}", "h100-80gb", "81Gi is more than one h100-80gb GPU has, and "),
        ("{memoryPerGpu: §48Gi}", "nvidia-l4", "48Gi is more than one l4 GPU has, and "),
    ],
)
def test_more_memory_than_a_unit_has(loader: Loader, capabilities: str, accelerator: str, message: str) -> None:
    line = loader.refuse_at(pool(capabilities, accelerator))
    field = "spec.nodePools[0].capabilities.memoryPerGpu"
    assert line.startswith(f"{field}: {message}memoryPerGpu is for one allocation unit")
    assert line.endswith(" [SW207]")


@pytest.mark.parametrize(
    ("beside", "field", "message"),
    [
        (
            "interconnect: §nvlink, ",
            "interconnect",
            "slices do not reach each other over NVLink; leave it out",
        ),
        (
            "multiNodeCapable: §true, ",
            "multiNodeCapable",
            "one replica runs in one slice and never spans nodes; write false, or leave it out",
        ),
    ],
)
def test_what_a_slice_cannot_do(loader: Loader, beside: str, field: str, message: str) -> None:
    assert loader.refuse_at(pool(sliced("3g.40gb", beside=beside))) == (
        f"spec.nodePools[0].capabilities.{field}: {message} [SW208]"
    )
    loader.load(pool(f"{{memoryPerGpu: 80Gi, {beside.replace('§', '')}}}"))


def test_what_a_slice_cannot_do_is_said_beside_other_mistakes(loader: Loader) -> None:
    lines = loader.refuse(pool(sliced("3g.40gb", beside="interconnect: nvlink, multiNodeCapable: true, "), "h100"))
    assert sorted(line[-7:] for line in lines) == ["[SW205]", "[SW208]", "[SW208]"]


@pytest.mark.parametrize(("profile", "slices", "known"), [("3g.40gb", 3, 2), ("1g.10gb", 4, 7), ("7g.80gb", 2, 1)])
def test_slices_that_contradict_the_catalogue(loader: Loader, profile: str, slices: int, known: int) -> None:
    # One node of eight GPUs.
    lacking = 8 * (known - slices)
    reserved = f", and write reservedUnits: {lacking} for those that are not there" if lacking > 0 else ""
    message = loader.refuse_at(pool(sliced(profile, more=f", slicesPerGpu: §{slices}")))
    field = "spec.nodePools[0].capabilities.migConfiguration.slicesPerGpu"
    assert message == (
        f"{field}: nvidia-h100-80gb has {known} slice{'s' if known > 1 else ''} of {profile} a GPU, not {slices}; "
        f"leave slicesPerGpu out{reserved} [SW209]"
    )
    assert not loader.load(pool(sliced(profile, more=f", slicesPerGpu: {known}"))).advice


def test_slices_of_what_the_catalogue_does_not_know(loader: Loader) -> None:
    # A profile of a newer driver on a GPU that is known, and a GPU that is not.
    assert not loader.load(pool(sliced("3g.41gb", "41Gi", more=", slicesPerGpu: 2"))).advice
    fleet = loader.load(pool(sliced("2g.99gb", "99Gi", more=", slicesPerGpu: 3"), "nvidia-z900"))
    (advice,) = fleet.advice
    assert (advice.code, advice.path) == ("SW303", "InferenceEnvironment mig-a: spec.nodePools[0].acceleratorType")
    assert advice.text == '"nvidia-z900" is not in the catalogue of GPU models, so its memory is not checked'
    # What is not a profile's name cannot become a resource, whatever its number of slices.
    assert loader.refuse_at(pool(sliced("§half", more=", slicesPerGpu: 2"), "nvidia-z900")) == (
        'spec.nodePools[0].capabilities.migConfiguration.profile: "half" is not a MIG profile; '
        "write it as NVIDIA's driver does, for example 3g.40gb [SW204]"
    )
    line = loader.refuse_at(pool(sliced("2g.99gb", "§100Gi", more=", slicesPerGpu: 3"), "nvidia-z900"))
    assert line.endswith("write at most 99Gi [SW207]")


def test_whole_gpus_that_the_catalogue_does_not_know(loader: Loader) -> None:
    (advice,) = loader.load(pool("{memoryPerGpu: 999Gi}", "nvidia-z900")).advice
    assert advice.code == "SW303"


def test_the_memory_that_the_driver_leaves_is_advice(loader: Loader) -> None:
    (advice,) = loader.load(pool(sliced("3g.40gb", "40Gi"))).advice
    assert (advice.code, advice.path) == (
        "SW301",
        "InferenceEnvironment mig-a: spec.nodePools[0].capabilities.memoryPerGpu",
    )
    assert advice.text == (
        "one 3g.40gb slice of nvidia-h100-80gb has 39.5 GiB for programs, less than the declared 40Gi; write 39.5Gi, "
        "and require no more in models"
    )
    assert not loader.load(pool(sliced("3g.40gb", "39.5Gi"))).advice


@pytest.mark.parametrize(
    ("board", "profile", "labelled"),
    [
        ("a100-40gb", "1g.10gb", 9856),
        ("h100-80gb", "1g.20gb", 20096),
        ("h100-nvl", "1g.12gb", 11008),
        ("h200", "3g.71gb", 71168),
        ("rtx-pro-6000", "1g.24gb", 24192),
        ("gb200", "1g.24gb", 20480),
    ],
)
def test_what_the_labels_of_slices_say_is_no_advice(loader: Loader, board: str, profile: str, labelled: int) -> None:
    assert not loader.load(pool(sliced(profile, f"{labelled}Mi"), board)).advice
    (advice,) = loader.load(pool(sliced(profile, f"{labelled + 64}Mi"), board)).advice
    assert advice.code == "SW301"


def test_gke_advertises_whole_gpus(loader: Loader) -> None:
    selector = "      nodeSelector: {cloud.google.com/gke-gpu-partition-size: 3g.40gb}\n"
    (advice,) = loader.load(pool(sliced("3g.40gb", "39Gi"), more=selector)).advice
    assert (advice.code, advice.path) == (
        "SW302",
        "InferenceEnvironment mig-a: spec.nodePools[0].capabilities.migConfiguration.strategy",
    )
    assert "never nvidia.com/mig-3g.40gb: pods would stay Pending. Write strategy: single" in advice.text
    assert not loader.load(pool(sliced("3g.40gb, strategy: single", "39Gi"), more=selector)).advice


INDISTINCT: list[tuple[str, Data, Data, str | None]] = [
    ("no selectors", {}, {}, "nvidia.com/gpu"),
    ("the same selector", {"nodeSelector": {"a": "1"}}, {"nodeSelector": {"a": "1"}}, "nvidia.com/gpu"),
    ("different keys", {"nodeSelector": {"a": "1"}}, {"nodeSelector": {"b": "2"}}, "nvidia.com/gpu"),
    (
        "one is a part of the other",
        {"nodeSelector": {"a": "1"}},
        {"nodeSelector": {"a": "1", "b": "2"}},
        "nvidia.com/gpu",
    ),
    ("different values", {"nodeSelector": {"a": "1", "b": "2"}}, {"nodeSelector": {"a": "2", "b": "2"}}, None),
    ("slices of one profile", {"capabilities": mig()}, {"capabilities": mig()}, "nvidia.com/mig-3g.40gb"),
    ("slices of two profiles", {"capabilities": mig()}, {"capabilities": mig("1g.10gb", "9Gi")}, None),
    ("slices and whole GPUs", {"capabilities": mig()}, {}, None),
    ("slices under the name of whole GPUs", {"capabilities": mig(strategy="single")}, {}, "nvidia.com/gpu"),
]


@pytest.mark.parametrize(
    ("one", "other", "resource"), [case[1:] for case in INDISTINCT], ids=[case[0] for case in INDISTINCT]
)
def test_pools_that_a_node_could_be_in_both_of(loader: Loader, one: Data, other: Data, resource: str | None) -> None:
    document = pools({"name": "one", **one}, {"name": "other", **other})
    if resource is None:
        loader.load(document)
        return
    (line,) = loader.refuse(document)
    assert line.split(" ", 1)[1] == (
        f'spec.nodePools[1].nodeSelector: a node of "other" could belong to "one" too: all advertise {resource}, '
        "so it would be counted twice; give their nodeSelectors one key with different values [SW213]"
    )


def test_every_pool_that_cannot_be_told_apart_is_one_error(loader: Loader) -> None:
    lines = loader.refuse(pools(*({"name": f"p{index}"} for index in range(64))))
    assert len(lines) == 63


def test_pools_of_two_environments_need_no_difference(loader: Loader) -> None:
    loader.accept(pools({}), pools({}).replace("name: mig-a", "name: mig-b"))


def test_two_pools_of_one_name(loader: Loader) -> None:
    named = [{"name": name, "nodeSelector": {"pool": str(index)}} for index, name in enumerate(("a", "MARK", "b"))]
    assert loader.refuse_at(pools(*named).replace("MARK", "§a")) == (
        'spec.nodePools[1].name: "a" is the name of nodePools[0] already; rename one of the two [SW211]'
    )
    # The same name twice is one error, whether the pools can be told apart or not.
    (line,) = loader.refuse(pools({"name": "a"}, {"name": "a"}))
    assert line.endswith("[SW211]")


def test_fewer_nodes_at_most_than_there_are(loader: Loader) -> None:
    more = "      nodeCount: 4\n      maxNodeCount: §3\n"
    assert loader.refuse_at(pool("{memoryPerGpu: 80Gi}", more=more)) == (
        "spec.nodePools[0].maxNodeCount: 3 is less than nodeCount 4; raise it, or lower nodeCount [SW214]"
    )
    # The default of nodeCount is 1.
    assert loader.refuse_at(pool("{memoryPerGpu: 80Gi}", more="      maxNodeCount: §0\n")).endswith("[SW214]")


@pytest.mark.parametrize(
    ("written", "field", "message"),
    [
        (
            "{operator: Exists, key: a, value: §b}",
            "value",
            "operator Exists takes no value; leave value out, or write operator: Equal",
        ),
        (
            "§{value: b}",
            "operator",
            "without a key the operator must be Exists; write operator: Exists and no value, or a key",
        ),
        (
            "{operator: §Equal, value: b}",
            "operator",
            "without a key the operator must be Exists; write operator: Exists and no value, or a key",
        ),
        (
            "{key: a, value: b, effect: NoSchedule, tolerationSeconds: §5}",
            "tolerationSeconds",
            "it needs effect: NoExecute; write that, or leave tolerationSeconds out",
        ),
    ],
)
def test_tolerations_that_kubernetes_refuses(loader: Loader, written: str, field: str, message: str) -> None:
    more = f"      tolerations:\n        - {{operator: Exists}}\n        - {written}\n"
    assert loader.refuse_at(pool("{memoryPerGpu: 80Gi}", more=more)) == (
        f"spec.nodePools[0].tolerations[1].{field}: {message} [SW219]"
    )


@pytest.mark.parametrize(
    "written",
    [
        "{operator: Exists}",
        "{key: a, operator: Exists}",
        "{key: a, value: b}",
        "{key: a}",
        "{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 2592000}",
        "{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 0}",
    ],
)
def test_tolerations_that_kubernetes_takes(loader: Loader, written: str) -> None:
    loader.accept(pool("{memoryPerGpu: 80Gi}", more=f"      tolerations: [{written}]\n"))


def test_advice_names_no_file(loader: Loader) -> None:
    one = pool(sliced("3g.40gb", "40Gi"))
    other = one.replace("name: mig-a", "name: mig-b")
    assert loader.load(one, other).advice == loader.load(other, one).advice
    assert [item.path.split(":")[0] for item in loader.load(other, one).advice] == [
        "InferenceEnvironment mig-a",
        "InferenceEnvironment mig-b",
    ]


def test_the_least_pool_is_no_trouble(loader: Loader) -> None:
    assert not loader.load(minimal("InferenceEnvironment")).advice
