"""The kubeconfig that kubectl would use."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from slicewise.clusters.access.ambient import read_ambient, read_files
from slicewise.clusters.access.kubeconfig import KubeconfigError, read_context
from tests.unit.clusters.access.kubeconfigs import CANARY, SERVER, kubeconfig

NO_KUBECONFIG = "the file config is not a kubeconfig: it is not one YAML document with `kind: Config`"


def test_home_where_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(yaml.safe_dump(kubeconfig()))

    assert read_context(read_ambient({"HOME": str(tmp_path)})).server == SERVER


def test_several_files_count_as_one_and_the_first_entry_of_a_name_counts(tmp_path: Path) -> None:
    # https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
    first = {"clusters": [{"name": "one", "cluster": {"server": "https://first.test"}}]}
    other = kubeconfig(**{"current-context": "elsewhere"})
    for name, config in (("first", first), ("second", kubeconfig()), ("third", other)):
        (tmp_path / name).write_text(json.dumps(config))
    files = [str(tmp_path / name) for name in ("gone", "first", "second", "third")]

    merged = read_ambient({"KUBECONFIG": os.pathsep.join(files), "HOME": "/"})

    # Readers differ in which of two entries of one name they take.
    assert [len(yaml.safe_load(merged)[section]) for section in ("clusters", "contexts", "users")] == [1, 1, 1]
    context = read_context(merged)
    assert context.server == "https://first.test"
    assert context.user == {"token": CANARY}


def test_paths_are_meant_from_the_file(tmp_path: Path) -> None:
    user = {"client-certificate": "pki/me.crt", "client-key": "/elsewhere/me.key"}
    (tmp_path / "config").write_text(yaml.safe_dump(kubeconfig(users=[{"name": "me", "user": user}])))

    found = read_context(read_ambient({"KUBECONFIG": str(tmp_path / "config")})).user

    assert found == {"client-certificate": str(tmp_path / "pki/me.crt"), "client-key": "/elsewhere/me.key"}


@pytest.mark.parametrize(
    ("content", "environment", "reason"),
    [
        (None, {}, "there is no ~/.kube/config"),
        (None, {"KUBECONFIG": "/nowhere/config"}, "KUBECONFIG names no file that is there"),
        (f"{CANARY}: [".encode(), {}, NO_KUBECONFIG),
        (b"\xff" + CANARY.encode(), {}, NO_KUBECONFIG),
        (CANARY.encode(), {}, NO_KUBECONFIG),
        (b"", {}, "the file config is empty"),
        (b"# nothing yet\n", {}, "the file config is empty"),
    ],
)
def test_none_that_can_be_read(content: bytes | None, environment: dict[str, str], reason: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / ".kube").mkdir()
        (tmp_path / ".kube" / "config").write_bytes(content)

    with pytest.raises(KubeconfigError) as caught:
        read_ambient({"HOME": str(tmp_path), **environment})

    assert reason in str(caught.value)
    assert CANARY not in str(caught.value)


def test_what_is_far_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A device such as /dev/zero has none."""
    (tmp_path / "config").write_text(yaml.safe_dump(kubeconfig()) + "\n" * 16 * 1024**2)
    with pytest.raises(KubeconfigError, match="the file config is not a kubeconfig"):
        read_files([tmp_path / "config"])


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    with pytest.raises(KubeconfigError, match="the file config cannot be read: Is a directory"):
        read_files([tmp_path / "config"])
