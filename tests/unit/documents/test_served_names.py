"""What is counted together, found by sets of environments, is what trying every pair finds."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import Fleet, ModelKey
from slicewise.documents.rules.selected_environments import Reach
from slicewise.documents.rules.served_names import check_served_names
from slicewise.documents.served_model import ClusterModel
from tests.unit.documents.documents import MINIMAL, Data

LABELS = st.dictionaries(st.sampled_from("kl"), st.sampled_from("12"), max_size=2)


def environment(name: str, labels: Data, pools: list[Data]) -> InferenceEnvironment:
    least = MINIMAL["InferenceEnvironment"]
    (pool,) = least["spec"]["nodePools"]
    named = [{**pool, "name": f"p{index}", "labels": each} for index, each in enumerate(pools)]
    spec = {**least["spec"], "nodePools": named}
    return InferenceEnvironment.model_validate({**least, "metadata": {"name": name, "labels": labels}, "spec": spec})


def deployment(name: str, environments: Data, pools: Data, *, autoscaled: bool) -> ModelDeployment:
    least = MINIMAL["ModelDeployment"]
    selectors: Data = {"environmentSelector": {"matchLabels": environments}, "nodePoolSelector": {"matchLabels": pools}}
    if autoscaled:
        selectors["scaling"] = {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}}
    return ModelDeployment.model_validate({**least, "metadata": {"name": name}, "spec": {**least["spec"], **selectors}})


def model(profiles: list[Data]) -> ClusterModel:
    least = MINIMAL["ClusterModel"]
    serving = [{"name": f"p{i}", "environmentSelector": {"matchLabels": each}} for i, each in enumerate(profiles)]
    return ClusterModel.model_validate({**least, "spec": {**least["spec"], "serving": serving}})


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    places = draw(st.lists(st.tuples(LABELS, st.lists(LABELS, min_size=1, max_size=3)), max_size=5))
    wanted = draw(st.lists(st.tuples(LABELS, LABELS, st.booleans()), max_size=6))
    profiles = draw(st.lists(LABELS, min_size=1, max_size=2))
    return Fleet(
        environments=tuple(environment(f"e{index}", *place) for index, place in enumerate(places)),
        models={ModelKey("ClusterModel", "", "gemma"): model(profiles).spec},
        deployments=tuple(
            deployment(f"d{index}", environments, pools, autoscaled=autoscaled)
            for index, (environments, pools, autoscaled) in enumerate(wanted)
        ),
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
def test_whoever_is_counted_with_another_is_named_once_unless_all_others_are(fleet: Fleet) -> None:
    pairs = [
        (one, other, there.metadata.name)
        for there in fleet.environments
        for one, other in combinations([one for one in fleet.deployments if may_run(fleet, one, there)], 2)
        if one.autoscaled or other.autoscaled
    ]
    found = {each.path: each.text for each in check_served_names(fleet, Reach(fleet.environments))}
    named = {f"ModelDeployment default/{one.metadata.name}: spec.servedModelName": one for one in fleet.deployments}
    assert all(named[path].autoscaled for path in found)
    for path, message in found.items():
        name = named[path].metadata.name
        others = {
            (one if other.metadata.name == name else other).metadata.name: there
            for one, other, there in pairs
            if name in (one.metadata.name, other.metadata.name)
        }
        assert any(f"deployment {other} of this namespace" in message for other in others)
    # With another name for each that is warned of, no two are counted together.
    left = [one for path, one in named.items() if path not in found]
    assert [pair for pair in pairs if pair[0] in left and pair[1] in left] == []
