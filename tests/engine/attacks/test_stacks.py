"""Two stacks, two hands, and surgery on the state."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lightkube.types import PatchType

from embedded.kserve_kinds import LLMInferenceService
from tests.documents import model, profile
from tests.engine import plain_pulumi
from tests.engine.attacks.target import TINY, Target, assert_refused, assert_said, assert_worked, pools, text

# One worker runs these: they share a stack that is there already.
pytestmark = [pytest.mark.attack, pytest.mark.xdist_group("attacks-stacks")]
SERVICE = "mig-a/settled/chat-service"


def second_stack(target: Target, name: str) -> None:
    """Make a stack with the same configuration and documents."""
    target.run("stack", "init", "--copy-config-from", "test", "--secrets-provider", "passphrase", stack=name)
    assert_worked(target.run("config", "set", "slicewise:manifests", "stacks/test", stack=name))
    assert_worked(target.run("stack", "select", stack="test"))


def test_02_a_copied_stack_never_takes_over(target: Target) -> None:
    target.declare(target.chat())
    target.stack.up()
    before = target.services()
    second_stack(target, "trial")

    for run in (target.preview(stack="trial"), target.up(stack="trial")):
        assert_refused(run, "chat")
        # Whose it is.
        assert re.search(r"slicewise/test\b|stack test\b", text(run)), text(run)
    target.run("destroy", "--yes", "--skip-preview", stack="trial")

    assert target.services() == before
    target.assert_unchanged()


def test_36_other_values_of_another_stack_are_refused(target: Target) -> None:
    target.declare(target.chat(replicas=2))
    target.stack.up()
    before = target.service()
    second_stack(target, "other")
    target.declare(target.chat(replicas=3))

    assert_refused(target.up(stack="other"), "chat")

    assert target.service()["spec"] == before["spec"]
    target.declare(target.chat(replicas=2))
    target.assert_unchanged()


def test_37_a_preview_says_that_a_service_is_there_already(target: Target) -> None:
    made = {"model": {"uri": "hf://somebody/else"}, "replicas": 1}
    target.client.patch(
        LLMInferenceService,
        "chat",
        {
            "apiVersion": "serving.kserve.io/v1alpha2",
            "kind": "LLMInferenceService",
            "metadata": {"name": "chat", "namespace": target.namespace},
            "spec": made,
        },
        namespace=target.namespace,
        patch_type=PatchType.APPLY,
        field_manager="by-hand",
    )
    before = target.service()
    target.declare(target.chat())

    for run in (target.preview(), target.up()):
        assert_refused(run, "chat")

    assert target.service()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_35_one_of_two_updates_at_once_is_refused(target: Target, tmp_path: Path) -> None:
    names = [f"chat-{number}" for number in range(10)]
    target.declare(*(target.chat(name) for name in names))
    locks = target.stack.directory / "state/.pulumi/locks"
    with plain_pulumi.start(target.stack, tmp_path, "up", "--yes", "--skip-preview") as first:
        plain_pulumi.eventually(lambda: any(locks.rglob("*.json")), "a lock")
        # However slow the second is to start, the first is at work.
        first.send_signal(signal.SIGSTOP)
        try:
            second = target.up()
        finally:
            first.send_signal(signal.SIGCONT)
        output, errors = first.communicate(timeout=240)

    assert first.returncode == 0, output + errors
    assert_refused(second, "locked")
    assert sorted(target.services()) == sorted(names)


def test_39_an_operators_replicas_are_said_by_its_name(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    target.declare(target.chat(replicas=2))
    target.stack.up()
    target.client.patch(
        LLMInferenceService,
        "chat",
        {
            "apiVersion": "serving.kserve.io/v1alpha2",
            "kind": "LLMInferenceService",
            "metadata": {"name": "chat", "namespace": target.namespace},
            "spec": {"replicas": 4},
        },
        namespace=target.namespace,
        patch_type=PatchType.APPLY,
        field_manager="some-operator",
        force=True,
    )
    target.declare(target.chat(replicas=3))

    # Before anything is changed, and by its name; what the documents say is then what counts.
    assert_said(target.preview(), "replicas", "some-operator")
    assert target.service()["spec"]["replicas"] == 4
    run = target.up()
    assert_said(run, "replicas", "some-operator")
    if run.returncode != 0:
        # docs/troubleshooting.md: the field is taken back, once.
        monkeypatch.setitem(target.stack.environment, "PULUMI_K8S_ENABLE_PATCH_FORCE", "true")
        assert_worked(target.up())
        monkeypatch.delitem(target.stack.environment, "PULUMI_K8S_ENABLE_PATCH_FORCE")
    assert target.service()["spec"]["replicas"] == 3
    target.assert_unchanged()


def test_42_a_refresh_finds_nothing(settled: Target) -> None:
    # What the stack reads of itself is read anew, and the engine counts that.
    assert_worked(settled.run("refresh", "--yes", "--skip-preview"))
    assert_worked(settled.preview("--expect-no-changes"))


def test_43_what_the_state_forgot_is_adopted(settled: Target) -> None:
    before = settled.services()
    assert_worked(settled.run("state", "delete", "--yes", "--force", _urn(settled, SERVICE)))

    assert_worked(settled.up())

    assert settled.services() == before
    settled.assert_unchanged()


def test_44_a_service_is_imported(settled: Target) -> None:
    before = settled.services()
    urn = _urn(settled, SERVICE)
    provider, parent = _urn(settled, "mig-a-provider"), _urn(settled, "mig-a/settled/chat")
    assert_worked(settled.run("state", "delete", "--yes", "--force", urn))

    assert_worked(
        settled.run(
            *("import", "--yes", "--skip-preview", "--protect=false", "--generate-code=false"),
            *("--provider", f"its={provider}", "--parent", f"of={parent}"),
            *("kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService", SERVICE, "settled/chat"),
        )
    )
    assert_worked(settled.up())

    assert settled.services() == before
    settled.assert_unchanged()


def test_46_previews_without_clusters_and_back(settled: Target) -> None:
    before = settled.services()
    settled.stack.set_config("kubeconfigSource", "none")
    assert_worked(settled.preview())
    assert_refused(settled.up(), "SW405")
    settled.stack.set_config("kubeconfigSource", "config")

    assert settled.services() == before
    settled.assert_unchanged()


def _urn(target: Target, name: str) -> str:
    """Return the URN of a resource of the stack."""
    state = json.loads(target.stack.export())
    urns = [str(item["urn"]) for item in state["deployment"]["resources"]]
    (found,) = [urn for urn in urns if urn.endswith(f"::{name}")]
    return found


# What becomes of the placements in the outputs; None takes the output away.
DAMAGES: dict[str, Callable[[dict[str, dict[str, Any]]], object] | None] = {
    "an object": lambda _: {"a": 1},
    "a text": lambda _: "none",
    "null": lambda _: None,
    "absent": None,
    "texts": lambda _: ["a", "b"],
    "a list, three times": lambda placements: [*placements.values()] * 3,
    "huge": lambda placements: {name: item | {"profile": "x" * 1_000_000} for name, item in placements.items()},
    "of an older release": lambda placements: [
        {key: item[key] for key in ("deployment", "environment", "nodePool", "profile")} for item in placements.values()
    ],
    "numbers as texts": lambda placements: {name: item | {"replicas": "many"} for name, item in placements.items()},
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_47_damaged_outputs_are_kept_or_there_is_a_way_out(
    damage: Callable[[dict[str, dict[str, Any]]], object] | None, settled: Target
) -> None:
    before = settled.services()
    whole = settled.stack.export()
    state = json.loads(whole)
    placements = _outputs(state).pop("placements")
    if damage:
        _outputs(state)["placements"] = damage(placements)
    _import(settled, json.dumps(state))

    run = settled.preview()

    if run.returncode == 0:
        assert_worked(settled.up())
    else:
        assert_said(run, "[SW109]")
        # `--previous` is an option of the command line; a stack has none.
        assert "--previous" not in text(run)
        _import(settled, whole)
    assert settled.services() == before
    settled.assert_unchanged()


def test_48_escapes_in_the_outputs_reach_no_terminal(settled: Target) -> None:
    whole = settled.stack.export()
    placements = _outputs(json.loads(whole))["placements"]
    changed = {name: item | {"nodePool": "x\x1b[2J\x1b]0;PWNED\x07"} for name, item in placements.items()}
    _import(settled, _with_placements(whole, changed))

    run = settled.preview()

    _import(settled, whole)
    assert "\x1b" not in run.stdout + run.stderr
    assert "\x07" not in run.stdout + run.stderr


def _outputs(state: dict[str, Any]) -> dict[str, Any]:
    (stack,) = [item for item in state["deployment"]["resources"] if item["type"] == "pulumi:pulumi:Stack"]
    outputs: dict[str, Any] = stack["outputs"]
    return outputs


def _with_placements(exported: str, placements: object) -> str:
    state = json.loads(exported)
    _outputs(state)["placements"] = placements
    return json.dumps(state)


def _import(target: Target, state: str) -> None:
    done = target.stack.program.pulumi("stack", "import", "--force", "--stack", "test", stdin=state)
    assert done.returncode == 0, text(done)


def test_49_a_stack_that_is_renamed_goes_on(target: Target) -> None:
    target.declare(target.chat())
    target.stack.up()
    before = target.services()
    assert_worked(target.run("stack", "rename", "test2"))
    target.stack.manifests.rename(target.stack.manifests.with_name("moved"))

    assert_refused(target.up(stack="test2"), "SW101", "stacks/test2")
    assert_worked(target.run("config", "set", "slicewise:manifests", "stacks/moved", stack="test2"))
    assert_worked(target.up(stack="test2"))

    assert target.services() == before
    assert_worked(target.preview("--expect-no-changes", stack="test2"))


def test_50_another_name_is_another_deployment_and_another_model_is_not(target: Target) -> None:
    target.stack.write(pools(), TINY, target.chat())
    target.stack.up()
    before = target.services()["chat"]
    other = model("other", profile("any", memoryPerGpu="20Gi"))
    target.stack.write(
        pools(), other, target.chat() | {"spec": target.chat()["spec"] | {"modelRef": {"name": "other"}}}
    )
    assert_worked(target.up())
    assert target.services() == {"chat": before}
    assert target.service()["spec"]["model"]["name"] == "other"

    target.declare(target.chat("talk"))
    assert_worked(target.up())
    assert list(target.services()) == ["talk"]


def test_51_documents_that_changed_since_a_saved_plan_are_refused(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(target.stack.environment, "PULUMI_EXPERIMENTAL", "true")
    plan = tmp_path / "plan.json"
    target.declare(target.chat())
    assert_worked(target.preview("--save-plan", str(plan)))
    target.declare(target.chat(), target.chat("agent"))

    assert_refused(target.up("--plan", str(plan)), "plan")
    assert "agent" not in target.services()
