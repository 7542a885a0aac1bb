"""`slicewise endpoints` without a cluster: what the documents say. tests/gateway/test_endpoints.py asks one."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import yaml

from tests.documents import Document, deployment, environment, model, profile, slices
from tests.unit.cli.running import slicewise

BODY = """'{"model": "gemma", "messages": [{"role": "user", "content": "Hello"}]}'"""
GATEWAY = {"name": "models", "namespace": "gateways", "hostname": "m.example.com"}


def documents(tmp_path: Path, gateway: Document | None, *deployments: Document) -> str:
    place = environment("mig-a", slices("small", "3g.40gb"))
    if gateway:
        place["spec"]["gateway"] = gateway
    file = tmp_path / "all.yaml"
    all_ = [place, model("gemma", profile("any", memoryPerGpu="30Gi")), *deployments]
    file.write_text("---\n".join(map(yaml.safe_dump, all_)), encoding="utf-8")
    return str(file)


def test_without_a_gateway_there_is_a_port_forward(tmp_path: Path) -> None:
    run = slicewise("endpoints", documents(tmp_path, None, deployment("chat", "gemma")))
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == [
        "team/chat in mig-a: its cluster is not asked",
        "  in the cluster:      http://chat-kserve-workload-svc.team.svc.cluster.local:8000",
        "  through the Gateway: not known, or no route",
        "  kubectl --namespace team port-forward service/chat-kserve-workload-svc 8000:8000",
        f"  curl http://localhost:8000/v1/chat/completions --header 'Content-Type: application/json' --data {BODY}",
        "",
    ]


def test_a_group_is_called_where_its_weights_apply(tmp_path: Path) -> None:
    router = {"group": "chat", "weight": 1}
    file = documents(tmp_path, GATEWAY, *(deployment(name, "gemma", router=router) for name in ("chat", "next")))
    run = slicewise("endpoints", file, "--output", "json")
    assert (run.returncode, run.stderr) == (0, "")
    found = json.loads(run.stdout)["endpoints"]
    assert [each["direct"] for each in found] == ["http://m.example.com/team/chat", "http://m.example.com/team/next"]
    for each in found:
        words = shlex.split(each["curl"])
        assert words[:2] == ["curl", "http://m.example.com/publishers/team/models/gemma/v1/chat/completions"]
        assert json.loads(words[-1])["model"] == each["model"] == "gemma"
        assert (each["group"], each["state"]) == ("chat", "not-asked")


def test_a_shortfall_exits_3_and_an_unknown_environment_2(tmp_path: Path) -> None:
    file = documents(tmp_path, GATEWAY, deployment("chat", "gemma", replicas=1000))
    run = slicewise("endpoints", file)
    assert (run.returncode, run.stdout) == (3, "team/chat: 0 of 1 environments\n")
    run = slicewise("endpoints", file, "--kubeconfig", "nowhere=kubeconfig")
    assert run.returncode == 2
    assert "nowhere" in run.stderr
