"""Quantities in documents, bandwidths and selectors."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from slicewise.documents.amounts import Cores, GpuMemory, Memory, PodCores
from slicewise.documents.bandwidth import Bandwidth
from slicewise.documents.base import Selector
from slicewise.documents.environment import Interconnect
from slicewise.kubernetes.quantity import Quantity
from tests.unit.documents.documents import minimal, pools
from tests.unit.documents.loader import Loader

ENVIRONMENT, MODEL = "InferenceEnvironment", "ClusterModel"
MEMORY_PER_GPU = ("spec", "nodePools", 0, "capabilities", "memoryPerGpu")
REQUIRED = ("spec", "serving", 0, "replicaTopology")
CORES = "4000 is 4000 cores, more than any node has; write 4000m for thousandths"


def test_yaml_numbers_are_quantities(loader: Loader) -> None:
    fleet = loader.load(minimal("ClusterModel", ("spec", "resources"), {"cpu": 0.5, "memory": 17179869184}))
    resources = next(iter(fleet.models.values())).resources
    assert (resources.cpu.millis, resources.memory) == (500, Quantity.parse("16Gi"))


@pytest.mark.parametrize(
    ("pool", "required", "satisfied"),
    [
        ("ib-400g", "400g", True),
        ("ib-400g", "ib-400g", True),
        ("ib-400g", "ib-200g", True),
        ("ib-400g", "200g", True),
        ("ib-400g", "roce-200g", False),
        ("ib-400g", "ib-800g", False),
        ("eth-100g", "400g", False),
        ("efa-3200g", "400g", True),
    ],
)
def test_bandwidths_compare_by_speed_and_by_a_named_fabric(pool: str, required: str, satisfied: bool) -> None:
    assert Bandwidth.parse(pool).satisfies(Bandwidth.parse(required)) is satisfied


@pytest.mark.parametrize(
    "written", ["ib400g", "ib-400", "ib-400G", "IB-400g", "ib-0g", "ib-g", "-400g", "ib-400g\n", ""]
)
def test_what_is_no_bandwidth(written: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        Bandwidth.parse(written)


def test_a_bandwidth_is_written_as_it_was() -> None:
    assert [str(Bandwidth.parse(text)) for text in ("ib-400g", "400g")] == ["ib-400g", "400g"]


def test_nvlink_satisfies_pcie() -> None:
    assert Interconnect.NVLINK.satisfies(Interconnect.PCIE)
    assert Interconnect.NVLINK.satisfies(Interconnect.NVLINK)
    assert not Interconnect.PCIE.satisfies(Interconnect.NVLINK)


@pytest.mark.parametrize(
    ("wanted", "labels", "selects"),
    [
        ({}, {}, True),
        ({}, {"a": "1"}, True),
        ({"a": "1"}, {"a": "1", "b": "2"}, True),
        ({"a": "1", "b": "2"}, {"a": "1"}, False),
        ({"a": "1"}, {"a": "2"}, False),
        ({"a": ""}, {}, False),
    ],
)
def test_a_selector_wants_every_label(wanted: dict[str, str], labels: dict[str, str], selects: bool) -> None:
    assert Selector(match_labels=wanted).selects(labels) is selects


def test_selectors_are_alike_in_whatever_order_their_labels_are_written() -> None:
    assert len({Selector(match_labels={"a": "1", "b": "2"}), Selector(match_labels={"b": "2", "a": "1"})}) == 1
    assert len({Selector(match_labels={"a": "1"}), Selector(match_labels={"a": "2"}), Selector()}) == 3


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("gpu", True),
        ("nvidia.com/gpu.product", True),
        ("a" * 63, True),
        ("A_b.c-d", True),
        ("a" * 64, False),
        ("-a", False),
        ("a/b/c", False),
        ("/a", False),
        ("a/", False),
        ("Nvidia.com/gpu", False),
        ("a b", False),
    ],
)
def test_label_keys_are_those_of_kubernetes(loader: Loader, key: str, allowed: bool) -> None:
    document = minimal("InferenceEnvironment", ("metadata", "labels"), {key: "x"})
    if allowed:
        loader.load(document)
    else:
        (line,) = loader.refuse(document)
        assert "expected a Kubernetes label key: [prefix/]name" in line
        assert line.endswith("[SW203]")


@pytest.mark.parametrize("written", ["7", "true", "null", "1.5"])
def test_a_label_key_that_is_no_text(loader: Loader, written: str) -> None:
    message = loader.refuse_at(
        minimal("InferenceEnvironment", ("metadata", "labels"), {"KEY": "x"}).replace("KEY", f"§{written}")
    )
    assert message.startswith("metadata.labels")
    assert message.endswith(
        f"got {written}, expected text as the name of a field: put it in quotes, or remove it [SW203]"
    )


GPU = "less than any GPU or slice has; write"
FEW = "too little for any program; write"


@pytest.mark.parametrize(
    ("kind", "path", "written", "problem"),
    [
        (ENVIRONMENT, MEMORY_PER_GPU, "80", f"80 is 80 bytes, {GPU} 80Gi"),
        (ENVIRONMENT, MEMORY_PER_GPU, "80Mi", f'"80Mi" is 83886080 bytes, {GPU} 80Gi'),
        (ENVIRONMENT, MEMORY_PER_GPU, "40M", f'"40M" is 40000000 bytes, {GPU} 40Gi'),
        (ENVIRONMENT, MEMORY_PER_GPU, "40m", f'"40m" is 0.04 bytes, {GPU} 40Gi'),
        (MODEL, REQUIRED, "{requires: {memoryPerGpu: §80}}", f"80 is 80 bytes, {GPU} 80Gi"),
        (MODEL, ("spec", "resources", "memory"), "16", f"16 is 16 bytes, {FEW} 16Gi"),
        (MODEL, ("spec", "resources", "memory"), "16Ki", f'"16Ki" is 16384 bytes, {FEW} 16Gi'),
        (MODEL, ("spec", "resources", "cpu"), "4000", CORES),
        (ENVIRONMENT, ("spec", "nodePools", 0, "allocatable"), "{cpu: §4000}", CORES),
        (
            MODEL,
            ("spec", "resources", "cpu"),
            "4Gi",
            '"4Gi" is 4294967296 cores, more than any node has; write for example',
        ),
    ],
)
def test_amounts_that_nobody_means(
    loader: Loader, kind: str, path: tuple[str | int, ...], written: str, problem: str
) -> None:
    text = minimal(kind, path, "X").replace(" X", f" {written if '§' in written else f'§{written}'}")
    message = loader.refuse_at(text)
    assert message.split(": ", 1)[1].startswith(problem)
    assert message.endswith("[SW203]")


@pytest.mark.parametrize(
    ("kind", "path", "written"),
    [
        (ENVIRONMENT, MEMORY_PER_GPU, "1Gi"),
        (ENVIRONMENT, MEMORY_PER_GPU, "42949672960"),
        (ENVIRONMENT, MEMORY_PER_GPU, "40.5Gi"),
        (MODEL, ("spec", "resources", "memory"), "1Mi"),
        (MODEL, ("spec", "resources", "cpu"), "999"),
        (MODEL, ("spec", "resources", "cpu"), "4000m"),
    ],
)
def test_amounts_at_the_edge_of_what_is_meant(
    loader: Loader, kind: str, path: tuple[str | int, ...], written: str
) -> None:
    loader.accept(minimal(kind, path, "X").replace(" X", f" {written}"))


@pytest.mark.parametrize(("written", "means"), [("4m", "0.004"), ("99m", "0.099"), (0.05, "0.05")])
def test_cores_that_start_no_engine(loader: Loader, written: object, means: str) -> None:
    (line,) = loader.refuse(minimal("ClusterModel", ("spec", "resources"), {"cpu": written}))
    assert f"is {means} cores, too little for a model; write for example 4 or 500m [SW203]" in line
    # What a node has left over for pods may be as little.
    loader.load(minimal("ClusterModel", ("spec", "resources"), {"cpu": "100m"}))


@pytest.mark.parametrize(
    ("path", "written", "means"),
    [
        # What is proposed must not be refused again.
        (MEMORY_PER_GPU, "0.5Gi", "is 536870912 bytes, less than any GPU or slice has; write for example 40Gi"),
        (MEMORY_PER_GPU, "0.25", "is 0.25 bytes, less than any GPU or slice has; write for example 40Gi"),
        # The 300 zeros themselves are not printed.
        (MEMORY_PER_GPU, "1e-300", "is 1e-300 bytes, less than any GPU or slice has; write 1Gi"),
        (("spec", "nodePools", 0, "allocatable", "cpu"), 4_000_000, "is 4000000 cores, more than any node has; write "),
        (("spec", "nodePools", 0, "allocatable", "cpu"), "9e18", "is 9000000000000000000 cores, more than any node"),
    ],
)
def test_amounts_that_no_remedy_can_be_made_of(
    loader: Loader, path: tuple[str | int, ...], written: object, means: str
) -> None:
    (line,) = loader.refuse(minimal(ENVIRONMENT, path, written))
    assert means in line
    proposed = line.partition("; write ")[2].removeprefix("for example ").split()[0]
    loader.load(minimal(ENVIRONMENT, path, proposed))


@given(st.from_regex(r"\+?[0-9]{0,12}\.?[0-9]{0,12}([KMGTPE]i|[numkMGTPE]|e[+-]?[0-9]{1,3})?", fullmatch=True))
@example("1e-300")
@example("4" * 40)
@example("10000000000000n")
def test_a_message_about_an_amount_is_short_and_its_remedy_is_taken(written: str) -> None:
    for kind in (GpuMemory, Memory, Cores, PodCores):
        amount = TypeAdapter(kind)
        try:
            amount.validate_python(written)
        except ValidationError as error:
            message = error.errors()[0]["msg"]
            assert len(message) <= 120
            # What is not a quantity at all may be meant for anything.
            if "; write " in message and "Kubernetes" not in message and "write more" not in message:
                proposed = message.partition("; write ")[2].removeprefix("for example ").split()[0].rstrip(",")
                amount.validate_python(proposed)


@pytest.mark.parametrize(
    ("written", "meant", "of_gpu"),
    [
        (48000, "48000Mi", "48000Mi"),
        (4096, "4096Mi", "4096Mi"),
        # No H100 has more than 80 GB.
        (4095, "4095Gi", "80Gi"),
        (80, "80Gi", "80Gi"),
    ],
)
def test_a_number_of_memory_without_its_suffix(loader: Loader, written: int, meant: str, of_gpu: str) -> None:
    (line,) = loader.refuse(minimal("ClusterModel", ("spec", "resources"), {"memory": written}))
    assert f"too little for any program; write {meant} [SW203]" in line
    (line,) = loader.refuse(pools({"capabilities": {"memoryPerGpu": written}}))
    assert f"less than any GPU or slice has; write {of_gpu} [SW203]" in line
