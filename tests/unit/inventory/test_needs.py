"""What a plan needs of a cluster to delete what leaves it."""

from __future__ import annotations

from dataclasses import replace

from slicewise.inventory.needs import Right, needs_of
from slicewise.placement.plan_json import PreviousPlacement
from slicewise.spec import DeploymentKey

CHAT = PreviousPlacement(DeploymentKey("team", "chat"), "mig-a", "slices", "slice", units=3, gpus_per_node=1)
DELETING = ("delete", "get", "list", "watch")


def test_what_leaves_is_deleted_in_its_namespace() -> None:
    services = {Right("serving.kserve.io", "llminferenceservices", verb, "team") for verb in DELETING}
    assert needs_of([], leaves=[CHAT]).rights == services
    assert needs_of([], leaves=[]).rights == frozenset()


def test_what_scaled_it_leaves_too() -> None:
    scalers = {Right("keda.sh", "scaledobjects", verb, "team") for verb in DELETING}
    assert needs_of([], leaves=[replace(CHAT, autoscaled=True)]).rights == needs_of([], leaves=[CHAT]).rights | scalers
