"""Whatever is fed to Slicewise, it plans and renders it, or says what is wrong: a short run, the same each time."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slicewise.documents import KINDS
from tests.documents import deployment, environment, model, pool, profile
from tests.fuzz.from_schema import documents, fitting
from tests.fuzz.fuzz_loader import seeds
from tests.fuzz.mutations import mutate
from tests.fuzz.properties import TARGETS, loads_or_explains, plans_and_renders

REGRESSIONS = Path(__file__).parent / "regressions"
short = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
KIND = st.sampled_from(sorted(KINDS))


def assert_holds(target: str, content: bytes) -> None:
    """What properties.py says of `target` holds for `content`: nothing escapes, and errors are fit to be read."""
    TARGETS[target](content)


def test_what_the_schema_allows_loads_or_is_explained() -> None:
    planned = 0

    @short
    @given(st.tuples(*(documents(kind) for kind in ("InferenceEnvironment", "ClusterModel", "ModelDeployment"))))
    def fleet_of_each(items: tuple[dict[str, Any], ...]) -> None:
        nonlocal planned
        # One model for all: otherwise few references would resolve.
        items[1]["metadata"]["name"] = items[2]["spec"]["modelRef"]["name"] = "a"
        fleet = loads_or_explains(yaml.dump_all(items, Dumper=yaml.CSafeDumper, allow_unicode=True).encode())
        if fleet is not None:
            plans_and_renders(fleet)
            planned += 1

    fleet_of_each()
    assert planned > 10


def test_quotas_prices_and_huge_pages_are_planned() -> None:
    planned: Counter[str] = Counter()

    @short
    @given(documents("Quota"), fitting("pricePerHour"), fitting("extendedResources"), fitting("pod"))
    def fleet_with(limited: dict[str, Any], price: object, resources: dict[str, object], pod: object) -> None:
        node = pool("whole", nodeCount=2, pricePerHour=price, allocatable={"extendedResources": resources})
        served = model("m", profile("any"))
        served["spec"]["pod"] = pod
        fleet = loads_or_explains(
            yaml.dump_all(
                [environment("a", node), served, deployment("d", "m"), limited], Dumper=yaml.CSafeDumper
            ).encode()
        )
        if fleet is not None:
            plans_and_renders(fleet)
            planned.update(("all", *resources, *limited["spec"]["limits"]))

    fleet_with()
    # Both sizes of huge pages, and every measure of a quota.
    expected = ("all", "hugepages-2Mi", "hugepages-1Gi", "units", "memory", "gpuEquivalents")
    assert min(planned[each] for each in expected) > 5, planned


@short
@given(st.lists(KIND.flatmap(lambda kind: documents(kind, wrong=True)), min_size=1, max_size=2))
def test_values_that_do_not_belong_there_are_explained(items: list[object]) -> None:
    assert_holds("loader", yaml.dump_all(items, Dumper=yaml.CSafeDumper, allow_unicode=True).encode())


@short
@given(st.binary(max_size=200))
def test_bytes(content: bytes) -> None:
    for target in TARGETS:
        assert_holds(target, content)


@short
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_plain_data(data: object) -> None:
    assert_holds("loader", yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True).encode())
    for target in TARGETS:
        assert_holds(target, json.dumps(data).encode())


@pytest.mark.parametrize("part", range(4))
def test_changes_of_the_demo(part: int) -> None:
    """Bytes, lines, words and nodes of the demo and the corpus; a run of 2,000 that is always the same."""
    beginning = [content.decode() for content in seeds("loader")]
    outcomes: Counter[bool] = Counter()
    for number in range(500):
        random = Random(part * 1000 + number)  # noqa: S311 - it chooses changes, not keys
        # The last is the whole demo, which alone is a fleet.
        text = mutate(beginning[-1] if number % 2 else random.choice(beginning), random, tuple(beginning))
        fleet = loads_or_explains(text.encode(errors="surrogateescape"))
        outcomes[fleet is not None] += 1
        if fleet is not None:
            plans_and_renders(fleet)
    # Some changes leave a document right, and most do not: otherwise they would show little.
    assert min(outcomes[True], outcomes[False]) > 25, outcomes


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_what_was_found_once(target: str) -> None:
    for file in sorted((REGRESSIONS / target).iterdir()):
        assert_holds(target, file.read_bytes())
