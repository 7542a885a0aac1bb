"""Plans of models that say what they are made of: no engine is placed where it surely does not start."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.fleet_documents import fleet_of
from bench.fleets import random_fleet
from bench.sized_fleets import with_architectures
from bench.startup_logs import published_configs
from slicewise import sizing
from slicewise.diagnostics import Code
from slicewise.documents import Fleet, load_fleet, profile_engine, unit_of
from slicewise.planning import (
    Rejections,
    Remedies,
    lists_with_remedies,
    make_plan,
    nearest_miss,
    parse_previous,
    plan_lists,
    read_lists,
)
from slicewise.planning.advice.offered_units import OfferedUnits
from slicewise.planning.declared_units import offered_units
from slicewise.planning.explaining.not_chosen import why_not
from slicewise.planning.explaining.remedy_lacking import no_remedy
from slicewise.planning.location import Location
from slicewise.planning.matched_requirements import match_requirements
from slicewise.planning.reasons import RejectionCode
from slicewise.planning.search.decision_log import DecisionLog
from slicewise.planning.search.draft_plan import DraftPlan
from slicewise.presentation.tables import unchecked_line
from slicewise.sizing import FitJudge, Unit, sure_memory
from tests.unit.documents.documents import Data, mig, minimal, pools
from tests.unit.sizing.configs import GEMMA_27B, LLAMA_8B

SMALL = {"name": "small", "nodeSelector": {"p": "s"}, "capabilities": mig("1g.10gb", "9Gi")}
LARGE = {"name": "large", "nodeSelector": {"p": "l"}, "capabilities": mig("3g.40gb", "39Gi")}


def fleet(tmp_path: Path, architecture: Data | None, *arguments: str, **more: Data) -> Fleet:
    profile: dict[str, Any] = {"name": "only", "engine": {"args": list(arguments)}, **more}
    return fleet_of_profile(tmp_path, architecture, profile, SMALL, LARGE)


def fleet_on(tmp_path: Path, pool: Data, *arguments: str) -> Fleet:
    profile: dict[str, Any] = {"name": "only", "engine": {"args": list(arguments)}}
    return fleet_of_profile(tmp_path, {"config": LLAMA_8B}, profile, pool)


def fleet_of_profile(tmp_path: Path, architecture: Data | None, profile: Data, *there: Data) -> Fleet:
    model = minimal("ClusterModel", ("spec", "serving"), [profile])
    if architecture is not None:
        model += f"  architecture: {json.dumps(architecture)}\n"
    environment = pools(*({"acceleratorType": "h100-80gb", **each} for each in there))
    path = tmp_path / "fleet.yaml"
    path.write_text("---\n".join([environment, model, minimal("ModelDeployment")]))
    return load_fleet([str(path)])


def test_the_smallest_slice_on_which_the_engine_may_start_is_taken_without_a_required_memory(tmp_path: Path) -> None:
    there = fleet(tmp_path, {"config": LLAMA_8B}, "--max-model-len=8192")
    plan = make_plan(there)
    assert [placement.node_pool for placement in plan.placements] == ["large"]
    assert [each.code for each in plan.warnings if each.code is Code.NO_MEMORY_REQUIRED] == []
    # Without the architecture the smallest is taken, as it always was.
    without = make_plan(fleet(tmp_path, None, "--max-model-len=8192"))
    assert [placement.node_pool for placement in without.placements] == ["small"]
    assert Code.NO_MEMORY_REQUIRED in {each.code for each in without.warnings}


@pytest.mark.parametrize("argument", ["--max-model-length=8192", "--cpu-offload-gb=8", "--an-option-of-tomorrow"])
def test_an_engine_that_is_not_judged_goes_where_its_weights_fit(tmp_path: Path, argument: str) -> None:
    plan = make_plan(fleet(tmp_path, {"config": LLAMA_8B}, argument))
    assert [placement.node_pool for placement in plan.placements] == ["large"]
    (said,) = (each for each in plan.warnings if each.code is Code.MEMORY_NOT_COMPUTED)
    assert "does not start" not in said.message


def test_where_weights_may_be_smaller_a_unit_that_cannot_hold_them_is_the_last_resort(tmp_path: Path) -> None:
    only_small = fleet_on(tmp_path, SMALL, "--cpu-offload-gb=8")
    plan = make_plan(only_small)
    assert [placement.node_pool for placement in plan.placements] == ["small"]
    (said,) = (each for each in plan.warnings if each.code is Code.MEMORY_NOT_COMPUTED)
    assert said.message.startswith("not-judged, on a slice of ")
    assert "weights are moved to main memory (--cpu-offload-gb), and without that it does not start: " in said.message
    assert said.remedy == "try it on such a unit, and state what it needs with requires.memoryPerGpu"
    assert make_plan(fleet_on(tmp_path, SMALL, "--max-model-length=8192")).placements == ()


def test_a_stated_memory_decides_instead(tmp_path: Path) -> None:
    requires = {"replicaTopology": {"requires": {"memoryPerGpu": "8Gi"}}}
    plan = make_plan(fleet(tmp_path, {"config": LLAMA_8B}, "--cpu-offload-gb=8", **requires))
    assert [placement.node_pool for placement in plan.placements] == ["small"]


def test_why_a_unit_that_may_not_hold_the_weights_was_not_chosen(tmp_path: Path) -> None:
    there = fleet(tmp_path, {"config": LLAMA_8B}, "--cpu-offload-gb=8")
    (key,) = (deployment.key for deployment in there.deployments)
    log = DecisionLog(key)
    (placed,) = make_plan(there, log=log).placements
    (decision,) = log.decisions
    elsewhere = Location(placed.environment, "small", placed.profile)
    assert why_not(elsewhere, [decision]) == (
        f"not chosen: here its weights may not fit, and on {placed.environment}/large they do; an environment serves a "
        "deployment once"
    )


def test_where_none_is_enough_the_rejection_has_the_numbers_and_the_remedy_works(tmp_path: Path) -> None:
    arguments = ("--quantization=fp8", "--max-model-len=131072")
    there = fleet(tmp_path, {"config": GEMMA_27B}, *arguments)
    plan = make_plan(there)
    (shortfall,) = plan.shortfalls
    rejections = Rejections(there, plan)
    each_one = (each for group in rejections.of(shortfall.deployment) for each in group.each())
    found = {each.place.node_pool: each for each in each_one}
    assert {each.code for each in found.values()} == {RejectionCode.ENGINE_MEMORY}
    # One 3g.40gb slice of an H100 has 39.50 GiB, of which vLLM takes 0.92.
    assert "39.50 GiB x 0.92 = 36.34 GiB" in found["large"].text
    remedy = next(each for each in Remedies(there, plan, rejections).of(shortfall) if each.field.endswith("args"))
    assert isinstance(remedy.value, list)
    followed = fleet(tmp_path, {"config": GEMMA_27B}, *remedy.value)
    assert [placement.node_pool for placement in make_plan(followed).placements] == ["large"]
    assert [each.code.value for each in make_plan(followed).warnings if each.code.value >= "SW7"] == []


def test_what_is_enough_is_searched_for_only_where_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []

    def search(judge: FitJudge, unit: Unit) -> int | None:
        searched.append(unit)
        return sure_memory(judge, unit)

    monkeypatch.setattr(sizing, "sure_memory", search)
    # A config that no other test has: what is found is kept.
    there = fleet(tmp_path, {"config": {**GEMMA_27B, "title": "another"}}, "--max-model-len=131072")
    plan = make_plan(there)
    assert (len(plan.shortfalls), searched) == (1, [])
    both = Rejections(there, plan).of(plan.shortfalls[0].deployment)
    assert ["GiB are surely enough" in each.reason.text for each in both] == [True, True]
    assert len(searched) == 1


def test_models_whose_memory_was_not_checked_are_in_the_plan_as_json(tmp_path: Path) -> None:
    silent, said = fleet(tmp_path, None), fleet(tmp_path, {"config": LLAMA_8B}, "--max-model-len=8192")
    (found,) = read_lists(lists_with_remedies(silent, make_plan(silent)))["memoryNotChecked"]
    assert (found["kind"], found["namespace"]) == ("ClusterModel", None)
    assert read_lists(lists_with_remedies(said, make_plan(said)))["memoryNotChecked"] == []


def test_the_code_is_in_the_plan_as_json(tmp_path: Path) -> None:
    there = fleet(tmp_path, {"config": GEMMA_27B}, "--max-model-len=131072")
    (shortfall,) = read_lists(lists_with_remedies(there, make_plan(there)))["shortfalls"]
    assert {each["code"] for each in shortfall["rejections"]} == {"engine-memory"}


def test_what_cannot_be_said_is_placed_with_a_warning_and_a_remedy(tmp_path: Path) -> None:
    plan = make_plan(fleet(tmp_path, {"config": GEMMA_27B}, "--quantization=fp8", "--max-model-len=65536"))
    assert [placement.node_pool for placement in plan.placements] == ["large"]
    (warning,) = (each for each in plan.warnings if each.code.value >= "SW7")
    assert (warning.code, warning.field_name) == (Code.CACHE_NOT_CERTAIN, "spec.serving[0].engine")
    assert "--max-model-len=" in warning.remedy


def test_what_runs_on_a_slice_that_is_too_small_is_moved(tmp_path: Path) -> None:
    old = make_plan(fleet(tmp_path, None, "--max-model-len=8192"))
    before = fleet(tmp_path, None)
    previous = parse_previous(read_lists(plan_lists(before, old, Rejections(before, old)))["placements"], "plan.json")
    plan = make_plan(fleet(tmp_path, {"config": LLAMA_8B}, "--max-model-len=8192"), previous)
    assert [(move.code.value, move.target and move.target.node_pool) for move in plan.moved] == [
        ("engine-memory", "large")
    ]


def test_a_contradicted_checkpoint_rejects_nothing(tmp_path: Path) -> None:
    plan = make_plan(fleet(tmp_path, {"config": LLAMA_8B, "checkpointBytes": 4 * 2**30}, "--max-model-len=8192"))
    assert plan.placements
    assert Code.CHECKPOINT_DIFFERS in {each.code for each in plan.warnings}


def test_it_is_said_once_that_nothing_was_checked(tmp_path: Path) -> None:
    assert "1 of 1 model" in unchecked_line(fleet(tmp_path, None))
    assert unchecked_line(fleet(tmp_path, {"config": LLAMA_8B})) == ""


def test_keys_of_a_config_that_are_not_text_are_planned_all_the_same(tmp_path: Path) -> None:
    there = fleet(tmp_path, {"config": {**LLAMA_8B, "id2label": "LABELS"}}, "--max-model-len=8192")
    path = tmp_path / "fleet.yaml"
    path.write_text(path.read_text().replace('"LABELS"', "{0: a, b: c, 1: d}"))
    assert there.models != load_fleet([str(path)]).models
    assert [each.node_pool for each in make_plan(load_fleet([str(path)])).placements] == ["large"]


def test_pools_whose_memory_is_written_in_other_ways_have_units_of_their_own(tmp_path: Path) -> None:
    # Of 20Gi the catalogue knows what the driver gives; 20480Mi is what a cluster reported.
    there = fleet(tmp_path, {"config": LLAMA_8B}, "--max-model-len=8192")
    (environment,) = there.environments
    written = [
        environment.spec.node_pools[0].model_validate(
            {
                **environment.spec.node_pools[0].model_dump(by_alias=True, mode="json", exclude_unset=True),
                "capabilities": mig("1g.20gb", memory),
            }
        )
        for memory in ("20Gi", "20480Mi", "20Gi")
    ]
    (model,) = there.models.values()
    found = match_requirements(written, [(model, model.serving[0])])
    assert [found.units[number] for number in found.class_of] == [unit_of(pool) for pool in written]
    assert found.class_of[0] == found.class_of[2] != found.class_of[1]


def test_units_of_pools_that_are_compared_already_are_those_of_all_pools() -> None:
    documents = with_architectures(random_fleet(3, environments=12, deployments=60), list(published_configs().values()))
    there = fleet_of(documents)
    draft = DraftPlan(there)
    offered = OfferedUnits(there, draft.requirements, draft.pools)
    profiles = [profile for demand in draft.demands for profile in demand.model.serving]
    for profile in profiles:
        every, some = offered_units(there, profile), tuple(offered.to(profile))
        assert list(some) == sorted(some, key=lambda each: (each.unit.memory, each.required, each.way))
        assert set(some) <= set(every)
        # Of one unit what requires least comes first, and leaves all pools that have it.
        first = {
            unit: min((each.required, each.way) for each in every if each.unit == unit)
            for unit in {each.unit for each in every}
        }
        assert {unit: min((each.required, each.way) for each in some if each.unit == unit) for unit in first} == first


def test_of_units_that_are_all_too_small_the_largest_comes_nearest(tmp_path: Path) -> None:
    profile: dict[str, Any] = {"name": "only", "engine": {"args": ["--max-model-len=8192"]}}
    there = fleet_of_profile(tmp_path, {"config": GEMMA_27B}, profile, SMALL, {**LARGE, "name": "tall"})
    plan = make_plan(there)
    (shortfall,) = plan.shortfalls
    nearest = nearest_miss(there, shortfall, Rejections(there, plan).of(shortfall.deployment))
    assert nearest is not None
    assert nearest.rejection.place.node_pool == "tall"


def test_what_is_needed_says_the_memory_and_over_how_many_gpus_it_would_be_spread(tmp_path: Path) -> None:
    """51.5 GiB of weights are more than one GPU of 40 GB has, and less than two have."""
    whole = {
        "name": "whole",
        "acceleratorType": "a100-40gb",
        "acceleratorCount": 8,
        "nodeSelector": {"p": "w"},
        "capabilities": {"memoryPerGpu": "40Gi"},
    }
    profile: dict[str, Any] = {"name": "only", "engine": {"args": ["--max-model-len=8192"]}}
    there = fleet_of_profile(tmp_path, {"config": GEMMA_27B}, profile, SMALL, whole)
    plan = make_plan(there)
    (shortfall,) = plan.shortfalls
    said = str(no_remedy(there, shortfall, Rejections(there, plan).of(shortfall.deployment)))
    (environment,) = there.environments
    needed = re.search(r"a pool of GPUs or slices with ([0-9.]+) GiB each", said)
    assert needed is not None
    assert 51.5 / 0.92 < float(needed[1]) < 80
    assert said.endswith(f"; or gpusPerNode: 2 spreads it over 2 GPUs of a node of {environment.metadata.name}/whole")


def test_a_copy_of_a_profile_has_an_engine_of_its_own(tmp_path: Path) -> None:
    (model,) = fleet(tmp_path, {"config": LLAMA_8B}, "--max-model-len=8192").models.values()
    (profile,) = model.serving
    first = profile_engine(model, profile)
    assert first is not None
    args = ("--max-model-len=4096",)
    copied = profile.model_copy(update={"engine": profile.engine.model_copy(update={"args": args})})
    second = profile_engine(model, copied)
    assert second is not None
    assert (first.options.max_model_len, second.options.max_model_len) == (8192, 4096)
    assert profile_engine(model, profile) is first
    assert profile == profile.model_copy()
