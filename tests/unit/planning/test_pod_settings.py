"""What a plan says of pods whose place or start others decide."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.diagnostics import Code, Diagnostic
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

SAID: list[tuple[Document, Code]] = [
    ({"schedulerName": "kai-scheduler"}, Code.OTHER_SCHEDULER),
    ({"labels": {"kueue.x-k8s.io/queue-name": "team"}}, Code.QUEUED_PODS),
    ({"labels": {"kai.scheduler/queue": "team"}}, Code.QUEUED_PODS),
    ({"container": {"volumeMounts": [{"name": "ca", "mountPath": "/ca"}]}}, Code.MOUNT_WITHOUT_VOLUME),
]
CODES = frozenset(
    (Code.OTHER_SCHEDULER, Code.QUEUED_PODS, Code.MOUNT_WITHOUT_VOLUME, Code.SEVERAL_PRIORITIES, Code.ENGINE_NOT_JUDGED)
)


def warnings(*pods: Document | None, pool: Document | None = None, engine: Document | None = None) -> list[Diagnostic]:
    """Return what a plan says of deployments with these pods, on one pool."""
    small = slices("small", "3g.40gb", **({"pod": pool} if pool else {}))
    served = model("gemma", profile("fp8", memoryPerGpu="30Gi"))
    served["spec"]["serving"][0]["engine"] = engine or {}
    fields: list[dict[str, Any]] = [{"pod": pod} if pod else {} for pod in pods]
    wanted = [deployment(f"d{number}", "gemma", **more) for number, more in enumerate(fields)]
    plan = make_plan(fleet_of([environment("mig-a", small), served, *wanted]))
    assert len(plan.placements) == len(pods)
    return [each for each in plan.warnings if each.code in CODES]


@pytest.mark.parametrize(("said", "code"), SAID)
def test_it_is_said_of_the_deployment_wherever_it_is_written(said: Document, code: Code) -> None:
    for found in (warnings(said), warnings(None, pool=said)):
        assert [(each.code, each.subject.name) for each in found] == [(code, "d0")]


def test_nothing_is_said_of_what_kubernetes_does_by_itself() -> None:
    volume: Document = {
        "schedulerName": "default-scheduler",
        "labels": {"team": "a"},
        "volumes": [{"name": "ca", "configMap": {"name": "ca"}}],
        "container": {"volumeMounts": [{"name": "ca", "mountPath": "/ca"}]},
    }
    assert warnings(volume) == []


def test_volumes_of_the_container_that_fetches_weights_are_looked_for() -> None:
    small, served = slices("small", "3g.40gb"), model("gemma", profile("fp8", memoryPerGpu="30Gi"))
    served["spec"]["storageInitializer"] = {"volumeMounts": [{"name": "ca", "mountPath": "/ca"}]}
    documents = [environment("mig-a", small), served, deployment("d0", "gemma")]
    (found,) = (each for each in make_plan(fleet_of(documents)).warnings if each.code in CODES)
    assert (found.code, found.facts["volumes"]) == (Code.MOUNT_WITHOUT_VOLUME, ["ca"])
    served["spec"]["pod"] = {"volumes": [{"name": "ca", "configMap": {"name": "ca"}}]}
    assert not [each for each in make_plan(fleet_of(documents)).warnings if each.code in CODES]


def test_priority_classes_are_told_where_they_differ() -> None:
    high: Document = {"priorityClassName": "high"}
    assert warnings(high, high) == []
    (found,) = warnings(high, None)
    assert (found.code, found.subject.name) == (Code.SEVERAL_PRIORITIES, "mig-a")
    assert found.facts["classes"] == ["", "high"]
    # What the deployment says counts.
    assert warnings(high, pool=high) == []


def test_an_engine_with_a_command_is_told_once_for_its_profile() -> None:
    (found,) = warnings(None, None, engine={"command": ["/app/serve"], "image": "example.com/serve:1"})
    assert (found.code, found.field) == (Code.ENGINE_NOT_JUDGED, ("spec", "serving", 0, "engine", "command"))
