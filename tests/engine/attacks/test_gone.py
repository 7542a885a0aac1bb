"""What is changed or deleted behind Slicewise's back is not "kept"."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace
from lightkube.types import PatchType

from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from tests.engine.attacks.target import Target, assert_refused, assert_worked, text

pytestmark = pytest.mark.attack


def assert_said_and_helps(target: Target, run: subprocess.CompletedProcess[str]) -> None:
    """See that a run names the service and a command that helps, and that this helps."""
    assert "chat" in text(run), text(run)
    assert "--refresh" in text(run), text(run)
    assert_worked(target.up("--refresh"))


def test_03_a_service_that_was_deleted_comes_back_or_is_missed(target: Target, tmp_path: Path) -> None:
    target.declare(target.chat())
    target.stack.up()
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(target.stack.outputs()))
    target.client.delete(LLMInferenceService, "chat", namespace=target.namespace)
    wait_until("the service gone", lambda: not target.services(), seconds=60)

    # The command line, which changes nothing.
    file = tmp_path / "kubeconfig"
    file.write_text(target.plane.kubeconfig)
    verify = [sys.executable, "-m", "slicewise", "verify", "stacks/test", "--previous", str(outputs)]
    done = subprocess.run(
        [*verify, "--kubeconfig", f"mig-a={file}"],
        cwd=target.stack.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert re.search(rf"{target.namespace}/chat\b.*", done.stdout + done.stderr)

    # An update that waits says what helps, and does not wait for what never comes.
    target.stack.set_config("waitForReady", "true")
    target.stack.set_config("readyTimeout", "5")
    waiting = target.up()
    if not target.services():
        assert_refused(waiting, "--refresh", "chat")
    target.stack.set_config("waitForReady", "false")

    run = target.up()
    if not target.services():
        assert_said_and_helps(target, run)
    assert list(target.services()) == ["chat"]
    target.assert_unchanged()


def test_38_replicas_that_were_changed_by_hand_come_back_or_are_said(target: Target) -> None:
    target.declare(target.chat(replicas=3))
    target.stack.up()
    target.client.patch(
        LLMInferenceService, "chat", {"spec": {"replicas": 9}}, namespace=target.namespace, patch_type=PatchType.MERGE
    )

    run = target.up()

    if target.service()["spec"]["replicas"] != 3:
        assert "replicas" in text(run), text(run)
        assert_said_and_helps(target, run)
    assert target.service()["spec"]["replicas"] == 3


def test_41_a_namespace_that_was_deleted_is_missed(target: Target) -> None:
    target.declare(target.chat())
    target.stack.up()
    target.client.delete(Namespace, target.namespace)
    wait_until("the namespace gone", lambda: target.namespace not in _namespaces(target), seconds=60)

    run = target.up()

    assert target.namespace in text(run), text(run)
    assert run.returncode != 0 or "chat" in text(run)
    target.client.apply(Namespace(metadata=ObjectMeta(name=target.namespace)))
    assert_worked(target.up("--refresh"))
    assert list(target.services()) == ["chat"]


def _namespaces(target: Target) -> set[str]:
    return {str(item.metadata.name) for item in target.client.list(Namespace) if item.metadata}
