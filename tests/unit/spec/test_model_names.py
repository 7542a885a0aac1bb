"""Collisions of model names, found by sets of environments, are those that trying every pair finds."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.spec.checks.model_names import check_model_names
from slicewise.spec.checks.reach import Reach
from slicewise.spec.deployment import ModelDeployment
from slicewise.spec.environment import InferenceEnvironment
from slicewise.spec.fleet import Fleet, ModelKey
from slicewise.spec.model import ClusterModel
from tests.unit.spec.documents import MINIMAL, Data

LABELS = st.dictionaries(st.sampled_from("kl"), st.sampled_from("12"), max_size=2)


def environment(name: str, labels: Data, pools: list[Data]) -> InferenceEnvironment:
    least = MINIMAL["InferenceEnvironment"]
    (pool,) = least["spec"]["nodePools"]
    named = [{**pool, "name": f"p{index}", "labels": each} for index, each in enumerate(pools)]
    spec = {**least["spec"], "nodePools": named}
    return InferenceEnvironment.model_validate({**least, "metadata": {"name": name, "labels": labels}, "spec": spec})


def deployment(name: str, environments: Data, pools: Data) -> ModelDeployment:
    least = MINIMAL["ModelDeployment"]
    selectors = {"environmentSelector": {"matchLabels": environments}, "nodePoolSelector": {"matchLabels": pools}}
    return ModelDeployment.model_validate({**least, "metadata": {"name": name}, "spec": {**least["spec"], **selectors}})


def model(profiles: list[Data]) -> ClusterModel:
    least = MINIMAL["ClusterModel"]
    serving = [{"name": f"p{i}", "environmentSelector": {"matchLabels": each}} for i, each in enumerate(profiles)]
    return ClusterModel.model_validate({**least, "spec": {**least["spec"], "serving": serving}})


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    places = draw(st.lists(st.tuples(LABELS, st.lists(LABELS, min_size=1, max_size=3)), max_size=5))
    wanted = draw(st.lists(st.tuples(LABELS, LABELS), max_size=6))
    profiles = draw(st.lists(LABELS, min_size=1, max_size=2))
    return Fleet(
        environments=tuple(environment(f"e{index}", *place) for index, place in enumerate(places)),
        models={ModelKey("ClusterModel", "", "gemma"): model(profiles).spec},
        deployments=tuple(deployment(f"d{index}", *selectors) for index, selectors in enumerate(wanted)),
    )


def may_run(fleet: Fleet, one: ModelDeployment, there: InferenceEnvironment) -> bool:
    labels, spec = there.metadata.labels, one.spec
    return (
        spec.environment_selector.selects(labels)
        and any(profile.environment_selector.selects(labels) for profile in fleet.model_of(one).serving)
        and any(spec.node_pool_selector.selects(pool.labels) for pool in there.spec.node_pools)
    )


@settings(deadline=None, derandomize=True)
@given(fleets())
def test_reach_is_what_the_selectors_say(fleet: Fleet) -> None:
    reach = Reach(fleet.environments)
    for one in fleet.deployments:
        expected = [may_run(fleet, one, there) for there in fleet.environments]
        found = reach.of(one, fleet.model_of(one))
        assert [bool(found >> index & 1) for index in range(len(expected))] == expected


@settings(deadline=None, derandomize=True)
@given(fleets())
def test_collisions_name_the_first_environment_and_the_first_deployment_there(fleet: Fleet) -> None:
    expected: dict[str, str] = {}
    for there in fleet.environments:
        here = [one.metadata.name for one in fleet.deployments if may_run(fleet, one, there)]
        for first, other in combinations(here, 2):
            expected.setdefault(other, f"as deployment {first} does, and both may run in {there.metadata.name},")
    found = {one.metadata.name: finding.message for one, finding in check_model_names(fleet)}
    assert found.keys() == expected.keys()
    assert all(words in found[name] for name, words in expected.items())
