"""The DeviceClasses of pools with `allocation: extendedResource`."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from slicewise.manifests import device_classes, environment_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, several, slices


def by_class(item: Document) -> Document:
    return item | {"allocation": "extendedResource"}


def classes_of(*pools: Document) -> dict[str, str]:
    fleet = fleet_of((environment("env", *pools),))
    found = device_classes(fleet.environment["env"].spec)
    return {each["metadata"]["name"]: each["spec"]["extendedResourceName"] for each in found}


def test_there_is_one_for_each_resource_of_slices() -> None:
    pools = (
        by_class(several("mixed", {"1g.10gb": 14, "3g.40gb": 12}, acceleratorCount=8)),
        by_class(slices("small", "1g.10gb+me")),
        by_class(slices("again", "3g.40gb")),
    )
    assert classes_of(*pools) == {
        "mig-1g.10gb.slicewise.dev": "nvidia.com/mig-1g.10gb",
        "mig-1g.10gb.me.slicewise.dev": "nvidia.com/mig-1g.10gb.me",
        "mig-3g.40gb.slicewise.dev": "nvidia.com/mig-3g.40gb",
    }


def test_the_driver_has_the_one_of_whole_gpus() -> None:
    assert classes_of(by_class(pool("whole"))) == {}


def test_pools_of_the_device_plugin_and_of_claims_need_none() -> None:
    assert classes_of(slices("plugin", "3g.40gb"), slices("claim", "1g.10gb") | {"allocation": "claim"}) == {}


def test_a_class_has_the_slices_of_its_profile_on_any_board() -> None:
    fleet = fleet_of((environment("env", by_class(slices("cut", "1g.10gb+me"))),))
    (found,) = device_classes(fleet.environment["env"].spec)
    device = 'device.attributes["gpu.nvidia.com"]'
    (selector,) = found["spec"]["selectors"]
    assert selector["cel"]["expression"].split(" && ") == [
        'device.driver == "gpu.nvidia.com"',
        f'"type" in {device}',
        f'{device}.type == "mig"',
        f'"profile" in {device}',
        f'{device}.profile == "1g.10gb+me"',
    ]


def test_they_come_first_and_only_where_they_are_wanted() -> None:
    documents = (
        environment("env", by_class(slices("cut", "3g.40gb"))),
        environment("empty", by_class(slices("cut", "1g.10gb"))),
        model("m", profile("p", memoryPerGpu="30Gi")),
        deployment("chat", "m"),
    )
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    kinds = {name: [item["kind"] for item in items] for name, items in environment_objects(fleet, plan).items()}
    assert kinds == {"env": ["LLMInferenceService"]}
    wanted = environment_objects(fleet, plan, device_classes=True)
    assert {name: [item["kind"] for item in items] for name, items in wanted.items()} == {
        "empty": ["DeviceClass"],
        "env": ["DeviceClass", "LLMInferenceService"],
    }


def test_the_page_shows_the_class_as_it_is_made() -> None:
    page = (Path(__file__).parents[3] / "docs" / "dra.md").read_text(encoding="utf-8")
    (shown,) = (yaml.safe_load(block) for block in re.findall("```yaml\n(apiVersion.*?)```", page, re.DOTALL))
    fleet = fleet_of((environment("env", by_class(slices("cut", "3g.40gb"))),))
    (made,) = device_classes(fleet.environment["env"].spec)
    assert shown["metadata"] == {"name": made["metadata"]["name"]}
    assert [shown[key] for key in ("apiVersion", "kind", "spec")] == [
        made[key] for key in ("apiVersion", "kind", "spec")
    ]
