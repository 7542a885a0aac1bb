"""Every rule about GPU pods: what it passes, what it finds, and where."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.model import UNKNOWN, Finding, Resource, Rule, Unchecked
from policies.rules.parallelism import SLICE_NOT_PARALLEL
from policies.rules.profiles import PROFILE_ALLOWED, SLICE_WOULD_DO
from policies.rules.resource_names import LIMITS_EQUAL_REQUESTS, RESOURCE_NAME, right_spelling
from policies.rules.running import run
from policies.rules.scheduling import GPU_TOLERATION, SLICE_PINNED, WHOLE_GPU_PINNED
from policies.rules.slices import ONE_SLICE
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import (
    CONFIG,
    SELECTOR,
    SLICE,
    TOLERATION,
    altered,
    container,
    deployment,
    multi_node,
    pod_spec,
    service,
    whole_gpus,
)

RESOURCES = "spec.template.containers[0].resources"
LIMITS = f"{RESOURCES}.limits"
GKE_SLICES = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}


def with_limits(**limits: object) -> Resource:
    return service(pod_spec(container(None, resources={"limits": limits})))


@pytest.mark.parametrize(
    ("limits", "selector", "paths"),
    [
        ({SLICE: "1"}, SELECTOR, []),
        ({SLICE: 1}, SELECTOR, []),
        ({SLICE: "2"}, SELECTOR, [f'{LIMITS}["{SLICE}"]']),
        ({SLICE: 2}, SELECTOR, [f'{LIMITS}["{SLICE}"]']),
        ({SLICE: "1", "nvidia.com/gpu": "1"}, SELECTOR, [RESOURCES]),
        ({SLICE: "1", "nvidia.com/mig-1g.10gb": "1"}, SELECTOR, [RESOURCES]),
        ({"nvidia.com/mig-1g.10gb+me": "3"}, SELECTOR, [f'{LIMITS}["nvidia.com/mig-1g.10gb+me"]']),
        ({"nvidia.com/gpu": "8"}, SELECTOR, []),
        ({"nvidia.com/gpu": "2"}, GKE_SLICES, [f'{LIMITS}["nvidia.com/gpu"]']),
        (
            {"nvidia.com/gpu": "2"},
            {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb"},
            [f'{LIMITS}["nvidia.com/gpu"]'],
        ),
        ({"nvidia.com/gpu": "2"}, {"nvidia.com/mig.config": "all-1g.10gb"}, [f'{LIMITS}["nvidia.com/gpu"]']),
        ({"nvidia.com/gpu": "2"}, {"nvidia.com/mig.config": "all-disabled"}, []),
        ({"cpu": "4"}, SELECTOR, []),
    ],
)
def test_one_slice(limits: dict[str, object], selector: dict[str, str], paths: list[str]) -> None:
    spec = pod_spec(container(None, resources={"limits": limits}), nodeSelector=selector)
    assert found(ONE_SLICE, service(spec)) == paths


def test_one_slice_is_about_each_container_of_any_pod() -> None:
    two = pod_spec(container(), container(name="other"), initContainers=[container(count="2", name="first")])
    assert found(ONE_SLICE, deployment(two)) == [
        f'spec.template.spec.initContainers[0].resources.limits["{SLICE}"]',
    ]


def test_one_slice_reads_requests_and_prefill_too() -> None:
    requests = pod_spec(container(None, resources={"requests": {SLICE: "4"}}))
    assert found(ONE_SLICE, service(prefill={"template": requests})) == [
        f'spec.prefill.template.containers[0].resources.requests["{SLICE}"]'
    ]


def test_one_slice_cannot_check_what_is_not_known() -> None:
    path = ("spec", "template", "containers", 0, "resources", "limits", SLICE)
    assert unchecked(ONE_SLICE, altered(service(), path, UNKNOWN)) == [f'{LIMITS}["{SLICE}"]']


def test_an_unknown_container_hides_no_fault_of_another() -> None:
    spec = pod_spec(container(), container(count="2", name="other"))
    outcomes = run(ONE_SLICE, altered(service(spec), ("spec", "template", "containers", 0, "resources"), UNKNOWN))
    assert [type(item) for item in outcomes] == [Unchecked, Finding]


ARGS = "spec.template.containers[0].args"


@pytest.mark.parametrize(
    ("args", "paths"),
    [
        (["--max-model-len=8192"], []),
        (["--tensor-parallel-size=1"], []),
        (["--tensor-parallel-size=2"], [ARGS]),
        (["--tensor-parallel-size", "2"], [ARGS]),
        (["'--tensor-parallel-size=2'"], [ARGS]),
        (["--tensor_parallel_size=4"], [ARGS]),
        (["-tp", "2"], [ARGS]),
        (["-tp=2"], [ARGS]),
        (["--pipeline-parallel-size=2"], [ARGS]),
        (["-dp", "2", "-pp", "2"], [ARGS, ARGS]),
        (["vllm serve x --data-parallel-size 7"], [ARGS]),
        (["--http-tp", "2"], []),
        # vllm/engine/arg_utils.py, ParallelConfig.
        (["--data-parallel-size-local=2"], [ARGS]),
        (["-dpl", "2"], [ARGS]),
        (["--prefill-context-parallel-size=2"], [ARGS]),
        (["-pcp", "2"], [ARGS]),
        (["--decode_context_parallel_size", "2"], [ARGS]),
        (["-dcp=2"], [ARGS]),
        (["--decode-context-parallel-size=1", "-pcp=1", "-dpl=1"], []),
    ],
)
def test_arguments_on_a_slice_are_not_parallel(args: list[str], paths: list[str]) -> None:
    assert found(SLICE_NOT_PARALLEL, service(pod_spec(container(args=args)))) == paths
    assert found(SLICE_NOT_PARALLEL, service(pod_spec(container("nvidia.com/gpu", "2", args=args)))) == []


def test_commands_and_additional_arguments_count_too() -> None:
    env = [{"name": "VLLM_ADDITIONAL_ARGS", "value": "--tensor-parallel-size 2"}]
    spec = pod_spec(container(command=["sh", "-c", "vllm serve -tp 2"], env=env))
    assert found(SLICE_NOT_PARALLEL, deployment(spec)) == [
        "spec.template.spec.containers[0].command",
        "spec.template.spec.containers[0].env[0].value",
    ]


@pytest.mark.parametrize(
    "args",
    [["--tensor-parallel-size", "$(TP)"], ["-tp=$(TP)"], ["vllm serve x -tp $TP"], ['vllm serve x -tp="${TP}"']],
)
def test_sizes_in_variables_count_too(args: list[str]) -> None:
    # The kubelet puts the value of $(NAME) there, a shell those of $NAME and ${NAME}.
    def paths(*env: dict[str, Any]) -> list[str]:
        return found(SLICE_NOT_PARALLEL, service(pod_spec(container(args=args, env=list(env)))))

    two, one = ({"name": "TP", "value": value} for value in ("2", "1"))
    assert paths(two) == [ARGS]
    assert paths(one) == []
    assert paths(two, one) == []
    assert paths({"name": "TPS", "value": "2"}) == []
    assert paths({"name": "TP", "valueFrom": {"configMapKeyRef": {"name": "sizes", "key": "tp"}}}) == []


def test_what_the_kubelet_does_not_expand_is_no_size() -> None:
    args, env = ["-tp", "$$(TP)"], [{"name": "TP", "value": "2"}]
    assert found(SLICE_NOT_PARALLEL, service(pod_spec(container(args=args, env=env)))) == []


def test_an_unknown_variable_hides_no_size_beside_it() -> None:
    def outcomes(env: object) -> list[str]:
        spec = pod_spec(container(args=["-tp=2", "-dp=$(DP)"], env=env))
        return sorted(type(item).__name__ for item in run(SLICE_NOT_PARALLEL, service(spec)))

    assert outcomes([{"name": "DP", "value": UNKNOWN}]) == ["Finding", "Unchecked"]
    assert outcomes([{"name": UNKNOWN, "value": "2"}]) == ["Finding", "Unchecked"]
    assert outcomes(UNKNOWN) == ["Finding", "Unchecked"]
    assert outcomes([{"name": "TP", "value": UNKNOWN}]) == ["Finding"]


@pytest.mark.parametrize("size", ["tensor", "pipeline", "data", "dataLocal"])
def test_parallel_sizes_on_a_slice_are_one(size: str) -> None:
    assert found(SLICE_NOT_PARALLEL, service(parallelism={size: 2})) == [f"spec.parallelism.{size}"]
    assert found(SLICE_NOT_PARALLEL, service(parallelism={size: 1})) == []
    assert found(SLICE_NOT_PARALLEL, service(whole_gpus(), parallelism={size: 2})) == []


def test_no_worker_on_a_slice() -> None:
    assert found(SLICE_NOT_PARALLEL, service(worker={})) == ["spec.worker"]
    assert found(SLICE_NOT_PARALLEL, multi_node(whole_gpus(), pod_spec(), parallelism={})) == ["spec.worker"]
    assert found(SLICE_NOT_PARALLEL, multi_node(whole_gpus(), whole_gpus())) == []


def test_slices_under_the_name_of_gpus_are_not_parallel_either() -> None:
    spec = pod_spec(container("nvidia.com/gpu", "1"), nodeSelector=GKE_SLICES)
    assert found(SLICE_NOT_PARALLEL, service(spec, parallelism={"tensor": 2})) == ["spec.parallelism.tensor"]


def test_known_arguments_are_read_beside_unknown_ones() -> None:
    outcomes = run(SLICE_NOT_PARALLEL, service(pod_spec(container(args=[UNKNOWN, "-tp", "2"]))))
    assert [(type(item), item.path) for item in outcomes] == [(Finding, ARGS), (Unchecked, f"{ARGS}[0]")]


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("nvidia.com/mig-1g.10gb+me", "nvidia.com/mig-1g.10gb.me"),
        ("nvidia.com/mig-1g.24gb+me.all", "nvidia.com/mig-1g.24gb.me.all"),
        ("nvidia.com/mig-1g.24gb-me", "nvidia.com/mig-1g.24gb-me"),
        ("nvidia.com/mig3g.40gb", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/MIG-3g.40GB", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/mig-3g-40gb", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/3g.40gb", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/mig-large", None),
        ("nvidia.com/mig-1c.3g.40gb", None),
        ("nvidia.com/mig-", None),
    ],
)
def test_spelling(written: str, right: str | None) -> None:
    assert right_spelling(written) == right


@pytest.mark.parametrize(
    "name", [SLICE, "nvidia.com/mig-1g.10gb.me", "nvidia.com/mig-1g.24gb-me", "nvidia.com/gpu", "cpu"]
)
def test_right_names_pass_and_are_not_fixed(name: str) -> None:
    resource = with_limits(**{name: "1"})
    assert found(RESOURCE_NAME, resource) == []
    assert RESOURCE_NAME.fix
    assert not RESOURCE_NAME.fix(resource, {})


def test_wrong_names_are_found_in_limits_and_requests_and_fixed_in_both() -> None:
    wrong = "nvidia.com/mig-1g.10gb+me"
    amounts = {"limits": {wrong: "1", "cpu": "4"}, "requests": {wrong: "1"}}
    resource = service(pod_spec(container(None, resources=amounts)))
    assert found(RESOURCE_NAME, resource) == [f'{LIMITS}["{wrong}"]', f'{RESOURCES}.requests["{wrong}"]']

    assert RESOURCE_NAME.fix
    assert RESOURCE_NAME.fix(resource, {})

    right = {"nvidia.com/mig-1g.10gb.me": "1"}
    assert resource.properties["spec"]["template"]["containers"][0]["resources"] == {
        "limits": {"cpu": "4"} | right,
        "requests": right,
    }
    assert found(RESOURCE_NAME, resource) == []


def test_what_cannot_be_fixed_safely_is_left_and_found() -> None:
    for limits in ({"nvidia.com/mig-large": "1"}, {"nvidia.com/mig-3g-40gb": "1", SLICE: "1"}):
        resource = with_limits(**limits)
        assert RESOURCE_NAME.fix
        assert not RESOURCE_NAME.fix(resource, {})
        assert len(found(RESOURCE_NAME, resource)) == 1


@pytest.mark.parametrize(
    ("amounts", "paths"),
    [
        ({"limits": {SLICE: "1"}}, []),
        ({"limits": {SLICE: 1}, "requests": {SLICE: "1"}}, []),
        ({"limits": {SLICE: "1"}, "requests": {SLICE: "2"}}, [f'{RESOURCES}.requests["{SLICE}"]']),
        ({"requests": {SLICE: "1"}}, [f'{RESOURCES}.requests["{SLICE}"]']),
        ({"limits": {"cpu": "4"}, "requests": {"cpu": "2"}}, []),
    ],
)
def test_limits_equal_requests(amounts: dict[str, Any], paths: list[str]) -> None:
    assert found(LIMITS_EQUAL_REQUESTS, service(pod_spec(container(None, resources=amounts)))) == paths


AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}]
        }
    }
}


@pytest.mark.parametrize(
    ("pinning", "pinned"),
    [
        ({"nodeSelector": {"pool": "a"}}, True),
        ({"nodeSelector": {}}, False),
        ({"nodeSelector": None}, False),
        ({"nodeSelector": {"kubernetes.io/arch": "amd64"}}, False),
        ({"nodeSelector": None, "affinity": AFFINITY}, True),
        ({"nodeSelector": None, "nodeName": "node-1"}, True),
    ],
)
@pytest.mark.parametrize(("rule", "gpu"), [(WHOLE_GPU_PINNED, "nvidia.com/gpu"), (SLICE_PINNED, SLICE)])
def test_gpu_pods_are_pinned(rule: Rule, gpu: str, pinning: dict[str, Any], pinned: bool) -> None:
    other = SLICE_PINNED if rule is WHOLE_GPU_PINNED else WHOLE_GPU_PINNED
    resource = service(pod_spec(container(gpu), **pinning))
    assert found(rule, resource) == ([] if pinned else ["spec.template.nodeSelector"])
    assert found(other, resource) == []
    assert found(rule, service(pod_spec(container(None), **pinning))) == []


@pytest.mark.parametrize(
    ("label", "pinned"),
    [
        ("acme-k8s.io/h100", True),
        ("mynvidia.com/pool", True),
        ("notazure.com/pool", True),
        ("k8s.io/pool", False),
        ("feature.node.kubernetes.io/pci-10de.present", False),
        ("nvidia.com/gpu.present", False),
        ("eks.amazonaws.com/nodegroup", False),
        ("cloud.google.com/gke-nodepool", False),
    ],
)
def test_a_label_that_is_there_pins_unless_it_is_a_vendors(label: str, pinned: bool) -> None:
    """Kubernetes' own domains and those of clouds label nodes of many pools; a name that ends like one does not."""
    term = {"matchExpressions": [{"key": label, "operator": "Exists"}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    resource = service(pod_spec(container("nvidia.com/gpu"), nodeSelector=None, affinity=affinity))
    assert found(WHOLE_GPU_PINNED, resource) == ([] if pinned else ["spec.template.nodeSelector"])


def test_only_configured_labels_pin() -> None:
    resource = service(pod_spec(container("nvidia.com/gpu"), nodeSelector={"zone": "a"}))
    assert found(WHOLE_GPU_PINNED, resource, selectorKeys=["zone"]) == []
    assert found(WHOLE_GPU_PINNED, resource, selectorKeys=["pool"]) == ["spec.template.nodeSelector"]


def test_both_pods_of_a_service_are_pinned() -> None:
    resource = multi_node(whole_gpus(), whole_gpus(nodeSelector=None))
    assert found(WHOLE_GPU_PINNED, resource) == ["spec.worker.nodeSelector"]


@pytest.mark.parametrize("rule", [WHOLE_GPU_PINNED, GPU_TOLERATION], ids=lambda rule: rule.name)
def test_what_a_base_may_bring_is_not_found_missing(rule: Rule) -> None:
    bare = {"containers": [container("nvidia.com/gpu")]}
    assert len(found(rule, service(bare))) == 1
    assert len(unchecked(rule, service(bare, baseRefs=[{"name": "base"}]))) == 1
    assert len(unchecked(rule, Resource(CONFIG, "base", {"spec": {"template": bare}}))) == 1


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        (TOLERATION, True),
        ({"operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "sku", "value": "gpu"}, False),
    ],
)
def test_tolerations(toleration: dict[str, str], tolerated: bool) -> None:
    resource = service(pod_spec(tolerations=[toleration]))
    assert found(GPU_TOLERATION, resource) == ([] if tolerated else ["spec.template.tolerations"])
    assert found(GPU_TOLERATION, service(pod_spec(container(None), tolerations=[]))) == []


def test_other_taints_can_be_configured() -> None:
    assert found(GPU_TOLERATION, service(), taints=["sku"]) == ["spec.template.tolerations"]


def test_a_missing_toleration_is_added_and_nothing_else_changes() -> None:
    other = {"key": "sku", "operator": "Exists"}
    resource = multi_node(whole_gpus(tolerations=None), whole_gpus(tolerations=[other]))
    assert GPU_TOLERATION.fix
    assert GPU_TOLERATION.fix(resource, {})
    assert resource == multi_node(whole_gpus(tolerations=[TOLERATION]), whole_gpus(tolerations=[other, TOLERATION]))
    assert not GPU_TOLERATION.fix(resource, {})


def test_nothing_is_added_to_pods_without_gpus_or_with_a_base() -> None:
    assert GPU_TOLERATION.fix
    assert not GPU_TOLERATION.fix(service(pod_spec(container(None), tolerations=None)), {})
    assert not GPU_TOLERATION.fix(service(pod_spec(tolerations=None), baseRefs=[{"name": "base"}]), {})
    assert not GPU_TOLERATION.fix(service(pod_spec(tolerations="6a19a0b0-unknown")), {})


@pytest.mark.parametrize(
    ("gpu", "selector", "config", "allowed"),
    [
        (SLICE, SELECTOR, {}, True),
        (SLICE, SELECTOR, {"profiles": ["3g.40gb"]}, True),
        (SLICE, SELECTOR, {"profiles": ["1g.10gb"]}, False),
        ("nvidia.com/mig-1g.10gb.me", SELECTOR, {"profiles": ["1g.10gb+me"]}, True),
        ("nvidia.com/mig-1g.10gb.me", SELECTOR, {"profiles": ["1g.10gb"]}, False),
        ("nvidia.com/gpu", GKE_SLICES, {"profiles": ["1g.10gb"]}, False),
        ("nvidia.com/gpu", GKE_SLICES, {"profiles": ["3g.40gb"], "wholeGpus": False}, True),
        ("nvidia.com/gpu", SELECTOR, {"profiles": ["1g.10gb"]}, True),
        ("nvidia.com/gpu", SELECTOR, {"wholeGpus": False}, False),
        (SLICE, SELECTOR, {"wholeGpus": False}, True),
        (None, SELECTOR, {"wholeGpus": False, "profiles": ["1g.10gb"]}, True),
    ],
)
def test_allowed_profiles(gpu: str | None, selector: dict[str, str], config: dict[str, Any], allowed: bool) -> None:
    resource = service(pod_spec(container(gpu), nodeSelector=selector))
    assert found(PROFILE_ALLOWED, resource, **config) == ([] if allowed else [f'{LIMITS}["{gpu}"]'])


def needing(memory: str, spec: dict[str, Any]) -> Resource:
    annotations = {"slicewise.dev/required-memory-per-gpu": memory}
    return altered(service(spec), ("metadata", "annotations"), annotations)


@pytest.mark.parametrize(
    ("memory", "selector", "slice_"),
    [
        ("9Gi", SELECTOR, "7 slices of 1g.10gb"),
        ("12Gi", SELECTOR, "4 slices of 1g.20gb"),
        ("39Gi", SELECTOR, "2 slices of 3g.40gb"),
        ("39500Mi", {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}, "2 slices of 3g.40gb"),
        # All that Kubernetes reads is read.
        ("9.9e9", SELECTOR, "7 slices of 1g.10gb"),
        ("40e9", SELECTOR, "2 slices of 3g.40gb"),
        ("4E10", SELECTOR, "2 slices of 3g.40gb"),
        ("40000000000000m", SELECTOR, "2 slices of 3g.40gb"),
        ("0.00003Pi", SELECTOR, "2 slices of 3g.40gb"),
        (".03Ti", SELECTOR, "2 slices of 3g.40gb"),
        ("39.Gi", SELECTOR, "2 slices of 3g.40gb"),
        ("40Gi", SELECTOR, None),
        ("72Gi", SELECTOR, None),
        ("9Gi", {"cloud.google.com/gke-accelerator": "nvidia-l4"}, None),
        ("9Gi", {"pool": "a"}, None),
        ("9Gi", GKE_SLICES, None),
        ("lots", SELECTOR, None),
    ],
)
def test_a_slice_would_do(memory: str, selector: dict[str, str], slice_: str | None) -> None:
    outcomes = run(SLICE_WOULD_DO, needing(memory, pod_spec(container("nvidia.com/gpu"), nodeSelector=selector)))
    if slice_ is None:
        assert outcomes == []
    else:
        assert slice_ in outcomes[0].message


def test_several_gpus_and_slices_are_no_waste() -> None:
    assert found(SLICE_WOULD_DO, needing("9Gi", whole_gpus())) == []
    assert found(SLICE_WOULD_DO, needing("9Gi", pod_spec())) == []
    assert found(SLICE_WOULD_DO, service(pod_spec(container("nvidia.com/gpu")))) == []
