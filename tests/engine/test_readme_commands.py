"""README's commands, typed in a clean clone in the order of the page, and what it shows of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube import Client
from lightkube.resources.core_v1 import Node
from lightkube.types import PatchType

from embedded.control_plane import ControlPlane
from embedded.fake_nodes import add_nodes
from embedded.labelled_nodes import gfd, mig_manager
from tests.typed_pages import Typist, blocks, clean_clone, shape
from tests.unit.cli.running import ROOT

PAGE = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Command line\n")[0]
NODES = gfd("cut", 2, "h100-80gb/all-3g.40gb/mixed", labels=mig_manager("all-3g.40gb"))


@pytest.fixture
def nodes(cluster: Client, plane: ControlPlane) -> Iterator[None]:
    """Nodes with slices, in the cluster that the page describes."""
    add_nodes(plane, [NODES])
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "Test", "message": "Test"}]}}
    for name in NODES.node_names():
        cluster.patch(Node.Status, name, ready, patch_type=PatchType.STRATEGIC)
    yield
    for name in NODES.node_names():
        cluster.delete(Node, name)


@pytest.mark.long
@pytest.mark.usefixtures("nodes")
def test_the_commands_of_the_page_work_as_they_are_written(tmp_path: Path, plane: ControlPlane) -> None:
    clone = tmp_path / "clone"
    printed: list[str] = []
    shown = 0
    with clean_clone(clone) as environment, Typist(clone, environment) as typist:
        (clone / "mig-a.kubeconfig").write_text(plane.kubeconfig, encoding="utf-8")
        for block in blocks(PAGE):
            if block.is_typed:
                # The tests themselves are running.
                typed = re.sub(r"^make test .*\n", "", block.text, flags=re.MULTILINE)
                # `--local` is in the home of whoever runs the tests, whatever HOME says.
                typed = typed.replace("pulumi login --local", 'pulumi login "file://$HOME"')
                printed += map(shape, typist.type(typed).splitlines())
            elif not block.language:
                shown += 1
                assert [line for line in map(shape, block.text.splitlines()) if not _is_printed(line, printed)] == []
        assert (clone / "stacks/Pulumi.prod.yaml").exists()
    # The tables, the warning, and the reasons of the shortfall.
    assert shown == 3


def _is_printed(line: str, printed: list[str]) -> bool:
    """Return whether a line is the beginning of one that was printed: the page leaves the last columns out."""
    return any(each.startswith(line.rstrip("─ ")) for each in printed)
