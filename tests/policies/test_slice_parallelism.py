"""A slice is not one of several GPUs of a model: what passes, what is found, and where."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.rule_runner import run_rule
from policies.rules.rule_types import UNKNOWN, Finding, Unchecked
from policies.rules.slice_parallelism import SLICE_NOT_PARALLEL
from tests.policies.outcomes import found
from tests.policies.resources import GKE_SLICES, container, deployment, multi_node, pod_spec, service, whole_gpus

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
        return sorted(type(item).__name__ for item in run_rule(SLICE_NOT_PARALLEL, service(spec)))

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
    outcomes = run_rule(SLICE_NOT_PARALLEL, service(pod_spec(container(args=[UNKNOWN, "-tp", "2"]))))
    assert [(type(item), item.path) for item in outcomes] == [(Finding, ARGS), (Unchecked, f"{ARGS}[0]")]
