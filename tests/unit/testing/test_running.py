"""`slicewise.testing`: a program runs to its end, and what it declared is there with its options."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest

from slicewise.testing import Invoke, ProviderRefusal, Recorder, recording, run, run_program

NAMESPACE = "kubernetes:core/v1:Namespace"
PROVIDER = "pulumi:providers:kubernetes"

# What users write: an explicit provider, a secret, options, an export and an asynchronous entry point.
PROGRAM = """
import pulumi
import pulumi_kubernetes as kubernetes

config = pulumi.Config("acme")
provider = kubernetes.Provider("cluster", kubeconfig=config.require_secret("kubeconfig"))
namespace = kubernetes.core.v1.Namespace(
    "team",
    metadata={"labels": {"team": config.require("team")}},
    opts=pulumi.ResourceOptions(provider=provider, protect=True, ignore_changes=["metadata"], retain_on_delete=True),
)
quota = kubernetes.core.v1.ResourceQuota("quota", spec={"hard": {"pods": "1"}}, opts=pulumi.ResourceOptions(
    provider=provider, parent=namespace, depends_on=[provider]
))
pulumi.export("id", namespace.id)
pulumi.export("secret", pulumi.Output.secret("s"))

async def main():
    return {"async": quota.urn}

pulumi.run(main)
"""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return tmp_path


def test_a_program_runs_to_its_end(recorder: Recorder, directory: Path) -> None:
    outputs = run_program(directory, {"acme:kubeconfig": "text", "acme:team": "blue"})

    quota = "urn:pulumi:stack::project::kubernetes:core/v1:Namespace$kubernetes:core/v1:ResourceQuota::quota"
    assert outputs == {"id": "team-id", "secret": "s", "async": quota}
    assert [item.name for item in recorder.registrations] == ["cluster", "team", "quota"]
    # One test's configuration is not the next one's.
    assert pulumi.Config("acme").get("team") is None


def test_what_was_declared_is_there_with_its_options(recorder: Recorder, directory: Path) -> None:
    run_program(directory, {"acme:kubeconfig": "text", "acme:team": "blue"})

    namespace = recorder.of_type(NAMESPACE)["team"]
    assert namespace.inputs["metadata"] == {"labels": {"team": "blue"}}
    assert (namespace.provider, namespace.parent, namespace.secrets) == ("cluster", "", frozenset())
    assert (namespace.protected, namespace.retained, namespace.ignored) == (True, True, frozenset({"metadata"}))
    provider = recorder.of_type(PROVIDER)["cluster"]
    assert (provider.inputs["kubeconfig"], provider.secrets) == ("text", frozenset({"kubeconfig"}))
    quota = recorder.of_type("kubernetes:core/v1:ResourceQuota")["quota"]
    assert (quota.parent, quota.dependencies, quota.protected) == ("team", frozenset({"cluster"}), True)


def test_what_a_provider_adds_is_what_the_test_says(recorder: Recorder) -> None:
    recorder.outputs[NAMESPACE] = {"status": {"phase": "Active"}}
    seen: list[object] = []

    class Namespace(pulumi.CustomResource):
        status: pulumi.Output[dict[str, str]]

        def __init__(self, name: str) -> None:
            super().__init__(NAMESPACE, name, {"status": None})

    def program() -> pulumi.Output[None]:
        return Namespace("team").status.apply(seen.append)

    run(program)
    assert seen == [{"phase": "Active"}]


def test_a_call_is_answered_as_the_test_says(recorder: Recorder) -> None:
    recorder.answers["acme:index:lookup"] = lambda arguments: {"found": arguments["name"] + "!"}
    seen: list[object] = []

    def program() -> pulumi.Output[None]:
        answer = pulumi.runtime.invoke_output("acme:index:lookup", {"name": "x"})
        return answer.apply(seen.append)

    run(program)
    assert seen == [{"found": "x!"}]
    assert recorder.invokes == [Invoke("acme:index:lookup", {"name": "x"})]


def test_a_call_that_nobody_expected_fails_the_test() -> None:
    with recording(), pytest.raises(Exception, match=r"calls acme:index:lookup, and recorder\.answers has nothing"):
        run(lambda: pulumi.runtime.invoke_output("acme:index:lookup", {}))


def test_a_provider_may_refuse(recorder: Recorder) -> None:
    def refuse(_: object) -> dict[str, object]:
        raise ProviderRefusal("AccessDenied: no")

    recorder.answers["acme:index:lookup"] = refuse
    with pytest.raises(Exception, match="AccessDenied: no"):
        run(lambda: pulumi.runtime.invoke_output("acme:index:lookup", {}))


def test_an_error_of_the_program_fails_the_test(recorder: Recorder, directory: Path) -> None:
    with pytest.raises(pulumi.ConfigMissingError):
        run_program(directory, {"acme:kubeconfig": "text"})
    assert [item.name for item in recorder.registrations] == ["cluster"]


def test_a_preview_does_not_know_what_only_a_provider_says() -> None:
    known: list[bool] = []

    class Thing(pulumi.CustomResource):
        address: pulumi.Output[str]

        def __init__(self) -> None:
            super().__init__("acme:index:Thing", "thing", {"address": None})

    async def keep(address: pulumi.Output[str]) -> None:
        known.append(await address.is_known())

    for preview in (True, False):
        with recording(preview=preview):
            run(lambda: pulumi.Output.from_input(keep(Thing().address)))
    assert known == [False, True]


def test_what_one_recording_leaves_undone_is_not_in_the_way_of_the_next() -> None:
    """Each test may be the first of its process, and may declare nothing."""
    script = """
import pulumi
from slicewise.testing import recording, run
for declares in (False, True, True):
    with recording(stack=f"stack-{declares}") as recorder:
        if declares:
            run(lambda: pulumi.ComponentResource("acme:index:Thing", "thing").urn)
            print(recorder.registrations[0].urn)
"""
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["urn:pulumi:stack-True::project::pulumi:pulumi:Stack$acme:index:Thing::thing"] * 2
