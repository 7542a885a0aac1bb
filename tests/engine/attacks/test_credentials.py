"""Credentials that do not do what is needed of them."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import PolicyRule, RoleRef, Subject
from lightkube.resources.core_v1 import ServiceAccount
from lightkube.resources.rbac_authorization_v1 import ClusterRole, ClusterRoleBinding

from embedded.deadlines import wait_until
from tests.engine.attacks.table import CHECKOUT
from tests.engine.attacks.target import Target, assert_refused, assert_said, assert_worked, pools, text
from tests.engine.credentials import account_token, kubeconfig_of
from tests.loopback import serving_with
from tests.processes import commands_with

pytestmark = pytest.mark.attack

KUBECONFIGS = CHECKOUT / "docs/kubeconfigs.md"
DEAD = "deadbeef" * 4
DESTROY = ("destroy", "--yes", "--skip-preview")
EVERY = ["get", "list", "watch", "create", "patch", "update", "delete"]
SERVICES = PolicyRule(
    apiGroups=["serving.kserve.io"], resources=["llminferenceservices", "llminferenceserviceconfigs"], verbs=EVERY
)
NAMESPACES = PolicyRule(apiGroups=[""], resources=["namespaces"], verbs=["get", "list"])
WORKLOADS = PolicyRule(
    apiGroups=["apps", "leaderworkerset.x-k8s.io"], resources=["deployments", "leaderworkersets"], verbs=["get", "list"]
)
PODS = PolicyRule(apiGroups=[""], resources=["pods"], verbs=["get", "list"])


def kubeconfig_with(target: Target, *rules: PolicyRule) -> str:
    """Return a kubeconfig of a user who may do what the rules say, everywhere."""
    name = target.namespace
    token = account_token(target.client, name, admin=False)
    target.client.apply(ClusterRole(metadata=ObjectMeta(name=name), rules=list(rules)))
    target.client.apply(
        ClusterRoleBinding(
            metadata=ObjectMeta(name=name),
            roleRef=RoleRef(apiGroup="rbac.authorization.k8s.io", kind="ClusterRole", name=name),
            subjects=[Subject(kind="ServiceAccount", name=name, namespace="default")],
        )
    )
    return kubeconfig_of(target.plane, token=token)


def without(rule: PolicyRule, *verbs: str) -> PolicyRule:
    """Return a rule that allows less."""
    return PolicyRule(
        apiGroups=rule.apiGroups, resources=rule.resources, verbs=[each for each in rule.verbs if each not in verbs]
    )


def test_04_a_token_that_is_refused_stops_previews_and_updates(target: Target) -> None:
    target.declare(target.chat())
    target.stack.up()
    before = target.services()
    target.use(kubeconfig_of(target.plane, token=DEAD))

    for run in (target.preview(), target.up()):
        assert_refused(run, "mig-a")
        assert DEAD not in text(run)
    # Not in the middle, either.
    target.declare(target.chat(), target.chat("agent"))
    for run in (target.preview(), target.up()):
        assert_refused(run, "mig-a")
    assert target.services() == before
    target.use(target.plane.kubeconfig)
    assert_worked(target.up())
    assert sorted(target.services()) == ["agent", "chat"]


@contextmanager
def web_server() -> Iterator[str]:
    """Run a web server that has a page for everything, and give its address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html>Welcome!</html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with serving_with(Page) as url:
        yield url


def test_05_a_web_server_is_not_a_cluster(target: Target) -> None:
    target.declare(target.chat())
    with web_server() as address:
        target.use(kubeconfig_of(target.plane, server=address))
        for run in (target.preview(), target.up()):
            assert_refused(run, "mig-a")


def test_20_an_environment_can_leave_after_a_rotation(target: Target) -> None:
    old = account_token(target.client, "rotated-away", admin=True)
    target.use(kubeconfig_of(target.plane, token=old))
    target.use(target.plane.kubeconfig, "mig-b")
    target.declare(target.chat("old"))
    target.stack.up()
    target.client.delete(ServiceAccount, "rotated-away", namespace="default")
    target.use(target.plane.kubeconfig)
    target.stack.write(pools("mig-b"))

    run = target.up()

    if run.returncode != 0:
        assert_said(run, "mig-a")
        # The way out that the page on kubeconfigs has.
        rotation = KUBECONFIGS.read_text().partition("## Rotation")[2].partition("\n## ")[0]
        assert re.search(r"back|again|`up`", rotation)
        target.stack.write(pools(), pools("mig-b"))
        assert_worked(target.up())
        target.stack.write(pools("mig-b"))
        assert_worked(target.up())
    assert target.services() == {}


@pytest.mark.parametrize("rules", [[], [without(SERVICES, "create", "patch", "update", "delete"), NAMESPACES]])
def test_21_a_preview_says_that_the_user_has_no_rights(rules: list[PolicyRule], target: Target) -> None:
    target.use(kubeconfig_with(target, *rules))
    target.declare(target.chat())

    for run in (target.preview(), target.up()):
        assert_refused(run, "mig-a")
        assert re.search(r"create|may not|forbidden", text(run))


def test_22_a_user_who_may_not_list_is_told(target: Target) -> None:
    target.use(kubeconfig_with(target, without(SERVICES, "list", "watch"), NAMESPACES, WORKLOADS, PODS))
    target.declare(target.chat())

    run = target.preview()

    assert_refused(run, "mig-a", "list", "llminferenceservices")
    # The rights that are needed are documented where they are looked for.
    page = KUBECONFIGS.read_text()
    assert [verb for verb in ("get", "list", "watch", "create", "patch", "delete") if verb not in page] == []
    assert "llminferenceservices" in page


def test_23_waiting_without_the_right_to_look_at_pods(target: Target) -> None:
    target.use(kubeconfig_with(target, SERVICES, NAMESPACES, WORKLOADS))
    target.stack.set_config("waitForReady", "true")
    target.stack.set_config("readyTimeout", "5")
    target.declare(target.chat())

    assert_refused(target.up(), "mig-a", "pods", "list")


def test_24_verifying_without_the_right_to_look_at_nodes(target: Target, tmp_path: Path) -> None:
    target.declare(target.chat())
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig_with(target, SERVICES, NAMESPACES, PODS))

    done = subprocess.run(
        [sys.executable, "-m", "slicewise", "verify", "stacks/test", "--kubeconfig", f"mig-a={file}"],
        cwd=target.stack.directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert_refused(done, "SW621", "nodes")


def plugin(directory: Path, script: str) -> Path:
    """Write a credential plugin."""
    file = directory / "plugin"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def kubeconfig_by(target: Target, command: Path) -> str:
    """Return a kubeconfig whose token comes from a plugin."""
    config = yaml.safe_load(target.plane.kubeconfig)
    exec_ = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(command),
        "args": [],
        "interactiveMode": "Never",
    }
    config["users"][0]["user"] = {"exec": exec_}
    return yaml.safe_dump(config)


def test_26_a_plugin_is_asked_a_few_times(target: Target, tmp_path: Path) -> None:
    token = yaml.safe_load(target.plane.kubeconfig)["users"][0]["user"]["token"]
    answer = (
        '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", '
        f'"status": {{"token": "{token}"}}}}'
    )
    calls = tmp_path / "calls"
    target.use(kubeconfig_by(target, plugin(tmp_path, f"echo called >> {calls}\necho '{answer}'")))
    target.declare(target.chat())

    assert_worked(target.preview())

    assert 1 <= len(calls.read_text().splitlines()) <= 4


def test_27_a_plugin_that_never_answers_is_ended(target: Target, tmp_path: Path) -> None:
    odd = "98765.4321"
    target.use(kubeconfig_by(target, plugin(tmp_path, f"exec sleep {odd}")))
    target.declare(target.chat())

    # It ends, a day before the plugin would.
    assert_refused(target.preview(), "mig-a", "plugin")
    assert commands_with(odd) == []


def test_54_deletions_with_a_token_that_is_refused_keep_the_state(target: Target) -> None:
    target.declare(target.chat(), target.chat("agent"))
    target.stack.up()
    target.declare(target.chat())
    target.use(kubeconfig_of(target.plane, token=DEAD))

    assert_refused(target.up(), "mig-a")

    assert sorted(target.services()) == ["agent", "chat"]
    state = target.stack.export()
    assert "/agent-service" in state
    assert "/chat-service" in state
    target.use(target.plane.kubeconfig)
    assert_worked(target.up())
    assert sorted(target.services()) == ["chat"]

    # "On the way out, the old credential counts": the one that was applied, whatever the configuration has.
    target.use(kubeconfig_of(target.plane, token=DEAD))
    assert_worked(target.run(*DESTROY))
    assert target.services() == {}


def test_54_destroy_with_an_applied_token_that_is_refused_since(target: Target) -> None:
    token = account_token(target.client, "revoked-after-up", admin=True)
    target.use(kubeconfig_of(target.plane, token=token))
    target.declare(target.chat())
    target.stack.up()
    target.client.delete(ServiceAccount, "revoked-after-up", namespace="default")
    wait_until("the token refused", lambda: target.preview().returncode != 0, seconds=120)
    target.use(target.plane.kubeconfig)

    run = target.run(*DESTROY)
    unreachable = "configured Kubernetes cluster is unreachable"
    assert_refused(run, unreachable)
    assert token not in text(run)
    assert list(target.services()) == ["chat"]
    assert "/chat-service" in target.stack.export()

    # The way out that the page on kubeconfigs has, where it names what Pulumi says.
    rotation = KUBECONFIGS.read_text().partition("## Rotation")[2].partition("\n## ")[0]
    assert re.search(rf"`{unreachable}`.*`pulumi destroy --run-program`", rotation, re.DOTALL)
    assert_worked(target.run(*DESTROY, "--run-program"))
    assert target.services() == {}


def test_45_a_wrong_passphrase_touches_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    target.declare(target.chat())
    target.stack.up()
    before = target.services()
    monkeypatch.setitem(target.stack.environment, "PULUMI_CONFIG_PASSPHRASE", "wrong")

    for run in (target.preview(), target.up()):
        assert_refused(run, "incorrect passphrase")
    assert target.services() == before
