"""`slicewise status` on the real API server, scheduler and KServe controller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.cluster.workloads import POOL_LABEL, Workloads, pod_spec, service
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices
from tests.unit.cli.running import slicewise

pytestmark = pytest.mark.xdist_group("cluster-stacks")

# Twice as many nodes as there are, so that the plan fits and the scheduler has the last word.
PLACE = environment("here", slices("slices", "3g.40gb", nodeSelector={POOL_LABEL: "slices"}, nodeCount=2))


def documents(*deployments: Document) -> list[Document]:
    return [PLACE, model("m", profile("slice", memoryPerGpu="30Gi", mig="only")), *deployments]


def run(tmp_path: Path, workloads: Workloads, all_: list[Document], *more: str) -> tuple[int, str, str]:
    file, kubeconfig = tmp_path / "all.yaml", tmp_path / "kubeconfig"
    file.write_text("---\n".join(map(yaml.safe_dump, all_)), encoding="utf-8")
    kubeconfig.write_text(workloads.plane.kubeconfig, encoding="utf-8")
    ran = slicewise("status", str(file), "--kubeconfig", f"here={kubeconfig}", *more)
    return ran.returncode, ran.stdout, ran.stderr


def as_json(tmp_path: Path, workloads: Workloads, all_: list[Document]) -> tuple[int, dict[str, Any]]:
    code, out, err = run(tmp_path, workloads, all_, "--output", "json")
    assert err == ""
    return code, json.loads(out)


def test_what_serves_waits_is_missing_and_is_not_planned(tmp_path: Path, workloads: Workloads) -> None:
    namespace = workloads.namespace
    chat = documents(deployment("chat", "m", replicas=2, namespace=namespace))
    old = service("by-hand", pod_spec("slices", "nvidia.com/mig-3g.40gb"), replicas=1)
    workloads.apply_planned(fleet_of(chat))
    workloads.apply(old)
    workloads.wait("chat serves", lambda: workloads.is_ready("chat"))

    code, out, err = run(tmp_path, workloads, chat)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "1 of 1 service serving"
    assert f"{namespace}/chat" in out
    assert " 2/2 " in out
    assert "by-hand" not in out

    # The documents say another number, and one deployment more.
    more = documents(
        deployment("chat", "m", replicas=3, namespace=namespace), deployment("new", "m", namespace=namespace)
    )
    code, found = as_json(tmp_path, workloads, more)
    assert code == 4
    states = {
        each["deployment"]["name"]: (each["state"], each["ready"], each["wanted"]) for each in found["deployments"]
    }
    assert states == {"chat": ("not-applied", 2, 2), "new": ("missing", 0, 1)}
    assert found["deployments"][0]["changed"] == "3 replicas"

    # What is taken out of the documents still runs.
    code, found = as_json(tmp_path, workloads, documents(deployment("new", "m", namespace=namespace)))
    assert code == 4
    assert [(each["namespace"], each["service"]) for each in found["notPlanned"]] == [(namespace, "chat")]


def test_pods_that_wait_say_why_in_the_schedulers_words(tmp_path: Path, workloads: Workloads) -> None:
    # One slice more than the only node of the pool has.
    all_ = documents(deployment("chat", "m", replicas=17, namespace=workloads.namespace))
    workloads.apply_planned(fleet_of(all_))
    workloads.wait("16 pods run", lambda: sum(each.ready for each in workloads.pods()) == 16)
    workloads.wait_pending("Insufficient nvidia.com/mig-3g.40gb")
    code, out, _ = run(tmp_path, workloads, all_)
    assert code == 4
    assert " 16/17   waiting " in out
    assert "  1 pod without a node: 0/" in out
    assert "Insufficient nvidia.com/mig-3g.40gb" in out


def test_a_service_keeps_its_place_without_an_earlier_plan(tmp_path: Path, workloads: Workloads) -> None:
    """A fresh plan would have it in `aaa`, which is not asked; its annotations say that it is here."""
    all_ = [
        environment("aaa", slices("p", "3g.40gb", nodeCount=9)),
        *documents(deployment("chat", "m", namespace=workloads.namespace)),
    ]
    fleet = fleet_of(all_)
    (placement,) = make_plan(fleet).placements
    assert placement.environment == "aaa"
    workloads.apply(placement_objects(fleet, placement._replace(environment="here", node_pool="slices"))[0])
    workloads.wait("chat serves", lambda: workloads.is_ready("chat"))
    code, out, err = run(tmp_path, workloads, all_, "--environment", "here")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "1 of 1 service serving"
