"""Kubeconfigs that can be used, and those that cannot; what they hold is never repeated."""

from __future__ import annotations

import pytest
import yaml

from slicewise.clusters.access.kubeconfig import KubeconfigError, read_context
from tests.unit.clusters.access.kubeconfigs import CANARY, kubeconfig


def test_the_server_of_the_current_context() -> None:
    assert read_context(yaml.safe_dump(kubeconfig())).server == "https://example.test:6443"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "not text"),
        (7, "not text"),
        ("", "it is empty"),
        ("\n# later\n", "it is empty"),
        ("{}", "no `kind: Config`"),
        (f"{CANARY}: [", "not YAML"),
        (f"!!python/object:os.system {CANARY}", "not YAML"),
        ("- a list", "no `kind: Config`"),
        (yaml.safe_dump(kubeconfig(kind="Secret")), "no `kind: Config`"),
        (yaml.safe_dump(kubeconfig(**{"current-context": ""})), "no current-context"),
        (
            yaml.safe_dump(kubeconfig(**{"current-context": CANARY})),
            "it has a current-context that is not among its contexts",
        ),
        (yaml.safe_dump(kubeconfig(contexts=CANARY)), "it has a current-context that is not among its contexts"),
        (yaml.safe_dump(kubeconfig(users=[])), "its current context has a user that is not among its users"),
        (yaml.safe_dump(kubeconfig(clusters=[])), "its current context has a cluster that is not among its clusters"),
        (yaml.safe_dump(kubeconfig(clusters=[{"name": "one", "cluster": {}}])), "no server URL"),
        (yaml.safe_dump(kubeconfig(clusters=[{"name": "one", "cluster": {"server": CANARY}}])), "no server URL"),
        (
            yaml.safe_dump(kubeconfig(clusters=[{"name": "one", "cluster": {"server": "https://[::1"}}])),
            "no server URL",
        ),
        (yaml.safe_dump(kubeconfig(clusters=[{"name": "one", "cluster": {"server": "https://a:b"}}])), "no server URL"),
        (yaml.safe_dump_all([kubeconfig(), {"kind": "Secret", "data": CANARY}]), "it holds 2 YAML documents"),
    ],
)
def test_what_is_no_kubeconfig_is_said_without_its_content(text: object, reason: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read_context(text)
    assert reason in str(caught.value)
    assert CANARY not in str(caught.value)
