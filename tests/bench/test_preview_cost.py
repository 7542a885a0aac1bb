"""What is measured is what the demo runs: a model on slices, its arguments written in full."""

from __future__ import annotations

from pathlib import Path

import yaml

from bench.preview_cost import fleet_documents

DEMO = Path(__file__).parents[2] / "stacks" / "demo" / "models.yaml"


def test_its_models_have_the_demos_arguments_on_a_slice() -> None:
    models = list(yaml.safe_load_all(DEMO.read_text()))
    (slice_profile,) = (
        profile for each in models for profile in each["spec"]["serving"] if profile["name"] == "fp8-slice"
    )
    written = {
        tuple(profile["engine"]["args"])
        for each in fleet_documents()
        if each["kind"] == "ClusterModel"
        for profile in each["spec"]["serving"]
    }
    assert written == {tuple(slice_profile["engine"]["args"])}
