"""What `verify` says of clusters, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import deployment, environment, model, pool, profile, slices
from tests.unit.cli.api_server import SERVICES, api_server, node
from tests.unit.cli.running import in_terminal, slicewise
from tests.unit.cli.verify.verifying import CANARY, DOCUMENTS, NODES, kubeconfig, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long


def test_as_declared(documents: str, server: str, tmp_path: Path) -> None:
    east, west = kubeconfig(tmp_path, server, "a"), kubeconfig(tmp_path, server, "b", context="nowhere")
    run = slicewise(
        "verify", documents, "--kubeconfig", f"east={east}", "--kubeconfig", f"west={west}", "--context", "west=here"
    )
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert lines[0] == "Node pools: real/declared"
    assert [line.split() for line in lines[4:6]] == [
        [name, "cut", "nvidia.com/mig-3g.40gb", "3g.40gb", "1/1", "16/16", "0", "0", "16"] for name in ("east", "west")
    ]
    assert lines[-1] == "2 environments verified: as declared"
    assert "\x1b" not in run.stdout


def test_json_is_sorted_and_the_same_whatever_the_order(documents: str, server: str, tmp_path: Path) -> None:
    file = kubeconfig(tmp_path, server)
    options = ("--kubeconfig", f"west={file}", "--kubeconfig", f"east={file}", "--output", "json")
    first = slicewise("verify", documents, *options)
    shuffled = write(tmp_path, *reversed(DOCUMENTS))
    second = slicewise("verify", shuffled, *options)
    assert first.stdout == second.stdout
    data = json.loads(first.stdout)
    assert data["environments"] == ["east", "west"]
    assert data["findings"] == []
    assert data["nodePools"][0] == {
        "environment": "east",
        "nodePool": "cut",
        "resource": "nvidia.com/mig-3g.40gb",
        "profileDeclared": "3g.40gb",
        "profiles": ["3g.40gb"],
        "nodesDeclared": 1,
        "maxNodesDeclared": None,
        "nodes": 1,
        "unitsDeclared": 16,
        "units": 16,
        "heldByOthers": 0,
        "heldByPlan": 0,
        "free": 16,
    }


def test_errors_come_first_and_end_with_4(server: str, tmp_path: Path) -> None:
    declared = environment(
        "east",
        slices("cut", "1g.10gb", nodeSelector={"pool": "cut"}),
        slices("scaled", "3g.40gb", nodeSelector={"pool": "scaled"}, nodeCount=0, maxNodeCount=4),
    )
    tiny = (model("tiny", profile("slice", memoryPerGpu="9Gi")), deployment("chat", "tiny", namespace="default"))
    run = slicewise("verify", write(tmp_path, declared, *tiny), "--kubeconfig", kubeconfig(tmp_path, server))
    assert run.returncode == 4
    assert run.stdout.index("Errors") < run.stdout.index("Warnings")
    assert "3g.40gb/1g.10gb" in run.stdout
    assert "0/0-4" in run.stdout
    assert "  east/cut: on 1 of 1 node (cut-0): slices of 1g.10gb (nvidia.com/mig-1g.10gb: " in run.stdout
    assert "    remedy: declare profile: 3g.40gb with strategy: mixed" in run.stdout
    assert run.stdout.endswith("1 environment verified: 1 error, 1 warning\n")


def test_warnings_alone_end_with_0(server: str, tmp_path: Path) -> None:
    declared = environment("east", slices("cut", "3g.40gb", nodeCount=0, maxNodeCount=0))
    run = slicewise("verify", write(tmp_path, declared), "--kubeconfig", kubeconfig(tmp_path, server))
    assert run.returncode == 0
    assert "[SW603]" in run.stdout


def test_one_cluster_that_cannot_be_read_hides_no_other(documents: str, server: str, tmp_path: Path) -> None:
    east, west = kubeconfig(tmp_path, server, "a"), kubeconfig(tmp_path, server, "b", context="nowhere")
    options = ("--kubeconfig", f"east={east}", "--kubeconfig", f"west={west}")
    run = slicewise("verify", documents, *options)
    assert run.returncode == 2
    assert run.stdout.endswith("1 environment verified: as declared\n")
    assert "  east " in run.stdout
    assert "  west " not in run.stdout
    assert run.stderr.startswith("--kubeconfig: environment west: the cluster's API server does not answer")
    data = json.loads(slicewise("verify", documents, *options, "--output", "json").stdout)
    assert data["environments"] == ["east"]
    assert [(each["environment"], each["code"]) for each in data["unread"]] == [("west", "SW621")]


def service(stack: str, replicas: int = 1) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "default",
            "name": "chat",
            "annotations": {"slicewise.dev/environment": "east", "slicewise.dev/stack": stack},
        },
        "spec": {"replicas": replicas},
    }


def test_what_became_of_services_is_said(tmp_path: Path) -> None:
    file = write(tmp_path, DOCUMENTS[0], DOCUMENTS[2], deployment("chat", "small", namespace="default"))
    plan = tmp_path / "plan.json"
    plan.write_text(slicewise("plan", file, "--output", "json").stdout)
    with api_server(NODES) as url:
        config = kubeconfig(tmp_path, url)
        # Without an earlier plan nothing says that it was ever applied.
        assert slicewise("verify", file, "--kubeconfig", config).returncode == 0
        gone = slicewise("verify", file, "--kubeconfig", config, "--previous", str(plan))
    assert gone.returncode == 4
    assert "not there any more: default/chat (1 replica) [SW623]\n    remedy: pulumi up" in gone.stdout
    for replicas, code, severity in ((0, 4, "error"), (9, 0, "warning")):
        with api_server(NODES, services=[service("acme/slicewise/prod", replicas)]) as url:
            config = kubeconfig(tmp_path, url)
            run = slicewise("verify", file, "--kubeconfig", config, "--output", "json", "--previous", str(plan))
            alone = slicewise("verify", file, "--kubeconfig", config, "--output", "json")
        (found,) = json.loads(run.stdout)["findings"]
        assert (run.returncode, found["code"], found["severity"]) == (code, "SW624", severity)
        assert f"default/chat is not what was applied: spec.replicas is {replicas}, 1 applied" in found["message"]
        # Without an earlier plan it is not known that one was ever applied: the documents may have changed since.
        (found,) = json.loads(alone.stdout)["findings"]
        assert (alone.returncode, found["code"], found["severity"]) == (0, "SW624", "warning")
        assert found["message"] == (
            f"default/chat is not as it is declared: spec.replicas is {replicas}, 1 declared: not applied yet, or "
            "changed since"
        )
    with api_server(NODES, services=[service("acme/slicewise/trial")]) as url:
        config = kubeconfig(tmp_path, url)
        run = slicewise("verify", file, "--kubeconfig", config, "--stack", "acme/slicewise/prod")
        stacks = ("--stack", "acme/slicewise/trial", "--stack", "acme/slicewise/prod")
        both = slicewise("verify", file, "--kubeconfig", config, *stacks)
    assert (both.returncode, "SW625" in both.stdout) == (0, False)
    assert run.returncode == 4
    assert "is there already and belongs to the stack acme/slicewise/trial: default/chat [SW625]" in run.stdout


def test_outputs_of_another_cluster(tmp_path: Path) -> None:
    """As with the kubeconfig of another cluster: that explains why the services are not there."""
    file = write(tmp_path, DOCUMENTS[0], DOCUMENTS[2], deployment("chat", "small", namespace="default"))
    plan = json.loads(slicewise("plan", file, "--output", "json").stdout)
    outputs = tmp_path / "outputs.json"
    known = dict.fromkeys(("east", "elsewhere"), "2b5bef76-d2a1-4707-a153-0b66a44579e5")
    there = "e1330000-d2a1-4707-a153-0b66a44579e5"
    for uid, codes in ((there, ["SW422"]), (known["east"], ["SW623"])):
        clusters = {name: {"uid": each, "identifier": name} for name, each in known.items()}
        outputs.write_text(json.dumps(plan | {"clusters": clusters, "stack": "acme/slicewise/prod"}))
        with api_server(NODES, uid=uid) as url:
            config = kubeconfig(tmp_path, url)
            arguments = ("--kubeconfig", config, "--previous", str(outputs), "--output", "json")
            run = slicewise("verify", file, *arguments)
        found = json.loads(run.stdout)["findings"]
        assert (run.returncode, [each["code"] for each in found]) == (4, codes)
        if uid == there:
            assert found[0]["message"] == (
                f"environment east leads to the cluster {there}; the last `pulumi up` applied its services to the "
                f"cluster {known['east']} (uids of namespace kube-system)"
            )


def test_documents_without_an_environment(tmp_path: Path) -> None:
    run = slicewise("verify", write(tmp_path, model("small")))
    assert run.returncode == 2
    assert "declare no InferenceEnvironment" in " ".join(run.stderr.replace("│", " ").split())


def test_a_cluster_that_refuses(tmp_path: Path) -> None:
    file = write(tmp_path, environment("east", slices("cut", "3g.40gb")))
    with api_server(NODES, forbids=["/api/v1/nodes"]) as url:
        run = slicewise("verify", file, "--kubeconfig", kubeconfig(tmp_path, url))
    assert run.returncode == 2
    assert "environment east: the cluster refuses to be asked: /api/v1/nodes is forbidden for test" in run.stderr
    assert run.stderr.endswith("[SW621]\n")
    assert CANARY not in run.stderr


def test_what_a_user_may_not_read_is_said_and_not_taken_for_missing(tmp_path: Path) -> None:
    file = write(tmp_path, *DOCUMENTS[0:1], *DOCUMENTS[2:3], deployment("chat", "small"))
    forbids = ["/api/v1/pods", "/api/v1/namespaces", SERVICES]
    with api_server(NODES, forbids=forbids) as url:
        run = slicewise("verify", file, "--kubeconfig", kubeconfig(tmp_path, url), "--output", "json")
        table = slicewise("verify", file, "--kubeconfig", kubeconfig(tmp_path, url))
    (finding,) = json.loads(run.stdout)["findings"]
    assert (run.returncode, finding["code"], finding["severity"]) == (2, "SW621", "warning")
    rights = "list namespaces, pods, llminferenceservices.serving.kserve.io in the whole cluster"
    assert finding["message"].startswith(f"this user may not {rights}, so ")
    assert [each["resource"] for each in finding["facts"]["rights"]] == ["namespaces", "pods", "llminferenceservices"]
    # No number of what is not known.
    (row,) = (line.split() for line in table.stdout.splitlines() if line.startswith("  east "))
    assert row[-4:] == ["16/16", "?", "?", "?"]


def test_kserve_and_namespaces_are_asked_for(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        environment("east", pool("whole", nodeSelector={"pool": "whole"})),
        model("any"),
        deployment("chat", "any"),
    )
    whole = node("n", {"pool": "whole"}, {"nvidia.com/gpu": 8})
    with api_server([whole], namespaces=["team"]) as url:
        assert slicewise("verify", file, "--kubeconfig", kubeconfig(tmp_path, url)).returncode == 0
    with api_server([whole]) as url:
        run = slicewise("verify", file, "--kubeconfig", kubeconfig(tmp_path, url))
        assert (run.returncode, "[SW619]" in run.stdout) == (4, True)


def test_in_a_terminal(documents: str, server: str, tmp_path: Path) -> None:
    file = kubeconfig(tmp_path, server)
    run = in_terminal("verify", documents, "--environment", "east", "--kubeconfig", file)
    assert run.returncode == 0
    assert "1 environment verified: as declared" in run.stdout
    assert "reading clusters" not in run.stdout


# Until there is a bar, however long that takes.
SLOW = """
import time
from slicewise.presentation import progress
progress.SECONDS = 0.05
begun = []
class Seen(progress.Progress):
    def start(self):
        super().start()
        begun.append(self)
progress.Progress = Seen
with progress.waiting_bar("reading clusters", 2) as done:
    done()
    while not begun:
        time.sleep(0.01)
"""


def test_who_waits_long_is_told_what_for() -> None:
    run = in_terminal(program=SLOW)
    assert "reading clusters" in run.stdout
    assert "1/2" in run.stdout
