"""`slicewise endpoints` without a cluster: what the documents say. tests/gateway/test_endpoints.py asks one."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import yaml

from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices
from tests.unit.cli.api_server import SERVICES, api_server
from tests.unit.cli.running import slicewise
from tests.unit.clusters.access.asking import kubeconfig_text

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
        "team/chat in mig-a: its cluster was not asked",
        "  in the cluster:      http://chat-kserve-workload-svc.team.svc.cluster.local:8000",
        "  through the Gateway: no route: its environment declares no gateway",
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


CHAT = {"metadata": {"namespace": "team", "name": "chat"}, "spec": {}}
IN_TEAM = SERVICES.replace("llm", "namespaces/team/llm")
READY = {**CHAT, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


@pytest.mark.parametrize(
    ("there", "forbids", "state", "code"),
    [
        ([], [], "absent", 4),
        ([CHAT], [], "not-ready", 0),
        ([READY], [], "ready", 0),
        # Nobody can say that it is not there.
        ([], [SERVICES, IN_TEAM], "unreadable", 2),
    ],
)
def test_what_is_not_there_has_no_line_to_call_it(
    tmp_path: Path, there: list[Document], forbids: list[str], state: str, code: int
) -> None:
    file, config = documents(tmp_path, GATEWAY, deployment("chat", "gemma")), tmp_path / "kubeconfig"
    with api_server([], services=there, forbids=forbids) as url:
        config.write_text(kubeconfig_text(url), encoding="utf-8")
        run = slicewise("endpoints", file, "--kubeconfig", f"mig-a={config}")
        as_json = slicewise("endpoints", file, "--kubeconfig", f"mig-a={config}", "--output", "json")
    assert (run.returncode, as_json.returncode) == (code, code)
    assert run.stderr.startswith("--kubeconfig: environment mig-a: ") if code == 2 else not run.stderr
    (found,) = json.loads(as_json.stdout)["endpoints"]
    assert found["state"] == state
    if state == "absent":
        assert (found["curl"], found["portForward"]) == (None, None)
        assert "curl" not in run.stdout
        assert "its cluster has no LLMInferenceService chat: `pulumi up` (or your GitOps tool) makes it" in run.stdout
    else:
        assert found["curl"].startswith("curl http://m.example.com/team/chat/v1/")
        assert "  curl http://m.example.com/team/chat/v1/" in run.stdout


def test_only_some_environments_are_shown(tmp_path: Path) -> None:
    """As with `status` and `verify`."""
    places = [environment(name, slices("small", "3g.40gb")) for name in ("mig-a", "mig-b")]
    file = tmp_path / "all.yaml"
    everywhere = deployment("chat", "gemma", environments=2)
    all_ = [*places, model("gemma", profile("any", memoryPerGpu="30Gi")), everywhere]
    file.write_text("---\n".join(map(yaml.safe_dump, all_)), encoding="utf-8")

    def shown(*more: str) -> list[str]:
        run = slicewise("endpoints", str(file), "--output", "json", *more)
        assert (run.returncode, run.stderr) == (0, "")
        return [each["environment"] for each in json.loads(run.stdout)["endpoints"]]

    assert shown() == ["mig-a", "mig-b"]
    assert shown("--environment", "mig-b") == ["mig-b"]
    run = slicewise("endpoints", str(file), "--environment", "mig-c")
    assert run.returncode == 2
    assert '"mig-c" is not an environment that is declared; there are mig-a, mig-b' in run.stderr


def test_a_deployment_is_expected_where_it_runs(tmp_path: Path) -> None:
    """As by `status`: a plan without an earlier one may have it elsewhere."""
    places = [environment(name, slices("small", "3g.40gb")) for name in ("mig-a", "mig-b")]
    all_ = [*places, model("gemma", profile("any", memoryPerGpu="30Gi")), deployment("chat", "gemma")]
    file, of = tmp_path / "all.yaml", fleet_of(all_)
    file.write_text("---\n".join(map(yaml.safe_dump, all_)), encoding="utf-8")
    (placement,) = make_plan(of).placements
    assert placement.environment == "mig-a"
    (service,) = placement_objects(of, placement._replace(environment="mig-b"))
    with api_server([]) as nothing, api_server([], services=[service]) as there:
        options = []
        for name, url in (("mig-a", nothing), ("mig-b", there)):
            config = tmp_path / name
            config.write_text(kubeconfig_text(url), encoding="utf-8")
            options.append(("--kubeconfig", f"{name}={config}"))
        both = slicewise("endpoints", str(file), *options[0], *options[1], "--output", "json")
        one = slicewise("endpoints", str(file), *options[0])
    found = json.loads(both.stdout)["endpoints"]
    assert (both.returncode, [(each["environment"], each["state"]) for each in found]) == (0, [("mig-b", "not-ready")])
    # Nobody can say that it is nowhere.
    assert one.returncode == 4
    assert (
        "  its cluster has no LLMInferenceService chat: it may run in mig-b, of which nothing was read: --previous, "
        "with the outputs of the stack that plans, tells. If it does not, `pulumi up` (or your GitOps tool) makes it"
    ) in one.stdout.splitlines()
