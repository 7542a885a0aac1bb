"""`python -m slicewise verify`: which cluster is which environment's, what is said, and how it ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from slicewise.cli.clusters import by_environment
from slicewise.diagnostics import InvalidInputError
from tests.documents import deployment, environment, model, pool, profile, slices
from tests.unit.cli.api_server import SERVICES, api_server, node
from tests.unit.cli.running import COMMAND, in_process, in_terminal, slicewise

CANARY = "canary-token-7f3a9"
BETA = "client.authentication.k8s.io/v1beta1"
NODES = (
    node(
        "cut-0",
        {
            "pool": "cut",
            "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
            "nvidia.com/gpu.count": "8",
            "nvidia.com/mig.strategy": "mixed",
        },
        {"nvidia.com/mig-3g.40gb": 16},
    ),
    node("cpu", {}, {}),
)
DOCUMENTS = (
    environment("east", slices("cut", "3g.40gb")),
    environment("west", slices("cut", "3g.40gb")),
    model("small", profile("slice", memoryPerGpu="30Gi")),
    deployment("chat", "small", environments=2, namespace="default"),
)

pytestmark = pytest.mark.long


def kubeconfig(directory: Path, server: str, name: str = "kubeconfig", context: str = "here") -> str:
    """Write a kubeconfig, and return its path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "c", "cluster": {"server": server}},
            {"name": "no", "cluster": {"server": "http://127.0.0.1:9"}},
        ],
        "users": [{"name": "u", "user": {"token": CANARY}}],
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u"}},
            {"name": "nowhere", "context": {"cluster": "no", "user": "u"}},
        ],
        "current-context": context,
    }
    file = directory / name
    file.write_text(yaml.safe_dump(config))
    return str(file)


@pytest.fixture
def documents(tmp_path: Path) -> str:
    file = tmp_path / "documents.yaml"
    file.write_text(yaml.safe_dump_all(DOCUMENTS))
    return str(file)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with api_server(NODES) as url:
        yield url


def write(tmp_path: Path, *documents: dict[str, Any]) -> str:
    file = tmp_path / "other.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)


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
    assert "  east/cut: on 1 of 1 node (cut-0): declared are slices of 1g.10gb" in run.stdout
    assert "    remedy: declare profile: 3g.40gb with strategy: mixed" in run.stdout
    assert run.stdout.endswith("1 environment verified: 1 error, 1 warning\n")


def test_warnings_alone_end_with_0(server: str, tmp_path: Path) -> None:
    declared = environment("east", slices("cut", "3g.40gb", nodeCount=0, maxNodeCount=0))
    run = slicewise("verify", write(tmp_path, declared), "--kubeconfig", kubeconfig(tmp_path, server))
    assert run.returncode == 0
    assert "[SW603]" in run.stdout


def test_for_one_environment_kubectls_kubeconfig_is_taken(
    documents: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path, server))
    one = slicewise("verify", documents, "--environment", "west", "--output", "json")
    assert (one.returncode, json.loads(one.stdout)["environments"]) == (0, ["west"])
    both = slicewise("verify", documents)
    assert both.returncode == 2
    assert both.stderr.splitlines() == [
        f"--kubeconfig: environment {name} has no kubeconfig; write --kubeconfig {name}=FILE, or read fewer with "
        "--environment [SW402]"
        for name in ("east", "west")
    ]


def test_the_kubeconfig_of_the_home_directory_is_taken(
    documents: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    nothing = slicewise("verify", documents, "--environment", "west")
    assert (nothing.returncode, "[SW402]" in nothing.stderr) == (2, True)
    (tmp_path / ".kube").mkdir()
    kubeconfig(tmp_path / ".kube", server, "config")
    assert slicewise("verify", documents, "--environment", "west").returncode == 0


@contextmanager
def pipe(text: bytes) -> Iterator[str]:
    """Yield what a shell makes of `<(command)`, of a command that writes `text`: it can be read once."""
    reading, writing = os.pipe()
    os.write(writing, text)
    os.close(writing)
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


def test_a_kubeconfig_from_a_pipe(documents: str, server: str, tmp_path: Path) -> None:
    content = Path(kubeconfig(tmp_path, server)).read_bytes()
    with pipe(content) as file:
        both = ("--kubeconfig", f"east={file}", "--kubeconfig", f"west={file}")
        run = in_process("verify", documents, *both)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("2 environments verified: as declared\n")
    with pipe(content) as file:
        assert "kind: InferenceEnvironment" in in_process("discover", "--kubeconfig", file).stdout


DIRECTORY = "it is a directory; name a kubeconfig, such as ~/.kube/config"


def test_a_directory_is_not_a_kubeconfig(documents: str, tmp_path: Path) -> None:
    run = in_process("verify", documents, "--environment", "east", "--kubeconfig", str(tmp_path))
    assert (run.returncode, run.stderr.endswith(f"{tmp_path}: {DIRECTORY} [SW402]\n")) == (2, True)
    run = in_process("discover", "--kubeconfig", str(tmp_path))
    assert (run.returncode, run.stderr) == (2, f"{tmp_path}: {DIRECTORY} [SW402]\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kubeconfig", "FILE"], "for? Write --kubeconfig ENVIRONMENT=FILE with one of east, west, such as "),
        (
            ["--kubeconfig", "north=FILE"],
            "such as --kubeconfig east=FILE; or read one alone with --environment [SW402]",
        ),
        (
            ["--context", "here", "--environment", "east", "--kubeconfig", "/none"],
            "/none: there is no such file; name a kubeconfig",
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--context", "other"],
            'cannot be used: there is no context "other"; there are "here", "nowhere" [SW403]',
        ),
        (["--environment", "east", "--kubeconfig", "FILE", "--context", "nowhere"], "does not answer"),
        (["--environment", "north"], '"north" is not an environment that is declared; there are east, west'),
        (["--previous", "/none"], "/none: cannot be read"),
    ],
)
def test_wrong_input_ends_with_2(documents: str, server: str, tmp_path: Path, options: list[str], said: str) -> None:
    file = kubeconfig(tmp_path, server)
    run = slicewise(
        "verify", documents, *(option.replace("FILE", file) if "FILE" in option else option for option in options)
    )
    assert run.returncode == 2
    # Errors of the command line itself come in a box as wide as the terminal.
    flat = " ".join(run.stderr.replace("│", " ").split())
    assert said in flat
    assert CANARY not in run.stdout + run.stderr


@pytest.mark.parametrize("content", [f"token: {CANARY}", f"{{{CANARY}", "", "kind: Config\n---\nkind: Config\n"])
def test_nothing_of_a_bad_kubeconfig_is_repeated(documents: str, tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad"
    file.write_text(content)
    run = slicewise("verify", documents, "--environment", "east", "--kubeconfig", str(file))
    assert run.returncode == 2
    assert CANARY not in run.stdout + run.stderr
    assert run.stderr.startswith(f"--kubeconfig {file}: cannot be used: ")
    assert run.stderr.endswith("[SW403]\n")


def test_what_a_kubeconfig_needs_beside_its_text_is_named(documents: str, server: str, tmp_path: Path) -> None:
    file = Path(kubeconfig(tmp_path, server))
    config = yaml.safe_load(file.read_text())
    config["users"][0]["user"] = {
        "exec": {"apiVersion": BETA, "command": "no-such-plugin", "args": [CANARY]},
        "tokenFile": "gone",
    }
    file.write_text(yaml.safe_dump(config))
    run = slicewise("verify", documents, "--environment", "east", "--kubeconfig", str(file))
    assert run.returncode == 2
    assert sorted(line[-7:] for line in run.stderr.splitlines()) == ["[SW407]", "[SW408]"]
    assert "no-such-plugin" in run.stderr
    assert CANARY not in run.stderr


NOT_VERIFIED = "is for the environment west, which is not verified: leave it out, or add --environment west [SW402]"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--environment", "east", "--kubeconfig", "west=FILE"],
            f'--kubeconfig: "west=FILE" {NOT_VERIFIED}',
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--context", "west=here"],
            f'--context: "west=here" {NOT_VERIFIED}',
        ),
        (
            ["--environment", "east", "--kubeconfig", "east=FILE", "--kubeconfig", "east=/other"],
            '--kubeconfig: the environment east has two, "FILE" and "/other"; write one of them [SW402]',
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--kubeconfig", "FILE"],
            '--kubeconfig: the environment east has two, "FILE" and "FILE"; write one of them [SW402]',
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--context", "here", "--context", "east=here"],
            '--context: the environment east has two, "here" and "here"; write one of them [SW402]',
        ),
    ],
)
def test_no_option_is_swallowed(
    documents: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    """Whatever is not used might have been meant: the ambient kubeconfig may lead to another cluster."""
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path, server))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text((tmp_path / "kubeconfig").read_text())
    run = slicewise("verify", documents, *options)
    assert (run.returncode, run.stdout, run.stderr.splitlines()) == (2, "", [said])


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


def test_one_kubeconfig_that_cannot_be_used_hides_no_other(documents: str, server: str, tmp_path: Path) -> None:
    east = kubeconfig(tmp_path, server)
    run = slicewise("verify", documents, "--kubeconfig", f"east={east}", "--kubeconfig", "west=/none")
    assert run.returncode == 2
    assert run.stdout.endswith("1 environment verified: as declared\n")
    assert run.stderr == (
        "--kubeconfig: environment west: /none: there is no such file; name a kubeconfig, such as ~/.kube/config "
        "[SW402]\n"
    )


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
    assert run.returncode == 4
    assert "is there already and belongs to the stack acme/slicewise/trial: default/chat [SW625]" in run.stdout


def test_a_misspelt_environment_of_a_kubeconfig() -> None:
    with pytest.raises(InvalidInputError) as caught:
        by_environment("--kubeconfig", ["wset=file"], ["east", "west"], ["east", "west"], "FILE")
    assert (
        str(caught.value) == '--kubeconfig: "wset=file": no environment is called "wset"; did you mean "west"? [SW402]'
    )


@pytest.mark.parametrize("chosen", [["east"], ["east", "west"]])
def test_a_misspelt_environment_is_no_file_of_the_only_one(
    chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        by_environment("--kubeconfig", ["eas=file"], chosen, chosen, "FILE")
    assert 'no environment is called "eas"; did you mean "east"? [SW402]' in str(caught.value)
    # A file, or a context, may have such a name all the same.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eas=file").write_text("")
    assert by_environment("--kubeconfig", ["eas=file"], ["east"], ["east"], "FILE") == {"east": "eas=file"}
    assert by_environment("--context", ["x=y"], ["east"], ["east"], "CONTEXT") == {"east": "x=y"}


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
    assert (run.returncode, finding["code"], finding["severity"]) == (0, "SW621", "warning")
    assert "pods, llminferenceservices, namespaces" in finding["message"]
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
    run = in_terminal(*COMMAND, "verify", documents, "--environment", "east", "--kubeconfig", file)
    assert run.returncode == 0
    assert "1 environment verified: as declared" in run.stdout
    assert "reading clusters" not in run.stdout


SLOW = """
import time
from slicewise.presentation import waiting
waiting.SECONDS = 0.05
with waiting.waiting_bar("reading clusters", 2) as done:
    done()
    time.sleep(0.5)
"""


def test_who_waits_long_is_told_what_for() -> None:
    run = in_terminal(sys.executable, "-c", SLOW)
    assert "reading clusters" in run.stdout
    assert "1/2" in run.stdout
