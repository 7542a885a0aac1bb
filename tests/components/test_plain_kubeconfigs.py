"""A kubeconfig in plain text is told of, with the command that encrypts it, and nothing of its content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest

from components.plain_kubeconfigs import plain_kubeconfigs, tell_plain
from components.stack_config import read_stack_config

CANARY = "canary-token-93b1"
SECURE = {"secure": "v1:abc"}


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A stack in a directory of its own; its configuration is empty again afterwards."""
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    yield tmp_path / "stacks" / "Pulumi.test.yaml"
    pulumi.runtime.set_all_config({}, [])


@pytest.mark.parametrize(
    ("secret", "stored", "plain"),
    [
        (True, {"a": SECURE, "b": SECURE}, []),
        (True, SECURE, []),
        (True, None, []),
        # Pulumi calls the key secret as soon as one of its values is.
        (True, {"a": SECURE, "b": CANARY}, ["b"]),
        (True, {"a": SECURE, "b": {"kind": "Config", "users": CANARY}}, ["b"]),
        (False, {"a": CANARY, "b": CANARY}, ["a", "b"]),
        # Given with `pulumi up --config`: it is in no file.
        (False, None, ["a", "b"]),
    ],
)
def test_what_is_not_encrypted(secret: bool, stored: object, plain: list[str]) -> None:
    told = list(plain_kubeconfigs(["b", "a"], secret=secret, stored=stored))
    assert [each.code.value for each in told] == ["SW343"] * len(plain)
    for name, each in zip(plain, told, strict=True):
        field = f'slicewise:kubeconfigs["{name}"]'
        assert each.path == f"stacks/Pulumi.test.yaml: {field}"
        assert each.text.endswith(f"pulumi config set --secret --path '{field}' < KUBECONFIG-FILE")
        assert "renew the credential" in each.text
        assert CANARY not in str(each)


@pytest.mark.parametrize("secret", [True, False])
def test_the_stacks_own_file_is_looked_at(secret: bool, stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    key = "slicewise:kubeconfigs"
    pulumi.runtime.set_all_config({key: json.dumps({"a": CANARY})}, [key] if secret else [])
    stack.write_text(f"config:\n  {key}:\n    a: {'{secure: v1:abc}' if secret else CANARY}\n")
    tell_plain(read_stack_config(pulumi.Config("slicewise")))
    assert len(told) == (0 if secret else 1)
    assert all("[SW343]" in each and CANARY not in each for each in told)
