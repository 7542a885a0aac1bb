"""Proposals in the documents: what they declare is the proposal, and the rest of the text is as it was."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml

from slicewise.documents import InferenceEnvironment, load_contents
from slicewise.layouts import propose_for_fleet, proposed_documents
from tests.documents import Document, deployment, environment, model, profile, several, slices

SECONDS = 30.0
TEXT = """\
# our cluster
---
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata: {name: east}   # the first
spec:
  cluster: {source: Existing, existing: {secretRef: {name: east}}}
  nodePools:
    # the old ones
    - name: a   # rack 4
      nodeSelector:
        pool: a   # theirs
      acceleratorType: nvidia-h100-80gb
      acceleratorCount: 8
      nodeCount: 8   # all of them
      capabilities:
        memoryPerGpu: 39Gi   # measured
        migConfiguration:
          enabled: true
          profile: 3g.40gb   # by hand
          strategy: mixed
# the end
---
kind: ClusterModel
"""
SEVEN = {"enabled": True, "profile": "7g.80gb", "slicesPerGpu": 1}
OTHERS = [
    model("small", profile("s", memoryPerGpu="9Gi"), cpu="100m", memory="1Gi"),
    model("large", profile("s", memoryPerGpu="38Gi"), cpu="100m", memory="1Gi"),
]


def asked(small: int, large: int) -> list[Document]:
    return [*OTHERS, deployment("d1", "small", replicas=small), deployment("d2", "large", replicas=large)]


def edited(text: str, small: int, large: int) -> tuple[list[str], list[InferenceEnvironment]]:
    others = "\n---\n".join(map(yaml.safe_dump, asked(small, large)))
    fleet = load_contents([("a.yaml", text.encode()), ("b.yaml", others.encode())])
    found = propose_for_fleet(fleet, (), None, SECONDS)
    assert any(each.new for each in found.pools)
    return proposed_documents(text, {each.state.key: each for each in found.pools}), list(found.fleet.environments)


def loaded(texts: list[str]) -> list[InferenceEnvironment]:
    together = "\n---\n".join(texts)
    return list(load_contents([("edited.yaml", together.encode())]).environments)


def without_the_model(text: str) -> str:
    return text.rpartition("---")[0]


def test_a_pool_that_is_cut_anew_differs_in_its_slices_alone() -> None:
    (found,), _ = edited(without_the_model(TEXT), 250, 40)
    before = without_the_model(TEXT).replace("---\n", "").splitlines()
    changed = [line for line in difflib.ndiff(before, found.splitlines()) if line[0] in "+-" and line[2:].strip()]
    assert changed[0] == "-         memoryPerGpu: 39Gi   # measured"
    assert changed[1] == "-           profile: 3g.40gb   # by hand"
    assert changed[2].startswith("+           slices: {")
    assert changed[2].endswith("}   # by hand")
    assert len(changed) == 3


def test_a_pool_that_is_split_keeps_its_comments_in_both_parts() -> None:
    (found,), environments = edited(without_the_model(TEXT), 150, 60)
    assert found.startswith("# our cluster\n")
    assert found.endswith("# the end")
    for comment, times in (
        ("# rack 4", 2),
        ("# theirs", 2),
        ("# by hand", 2),
        ("# measured", 1),
        ("# the old ones", 1),
    ):
        assert found.count(comment) == times
    assert found.count("slicewise.dev/cut: kept") == 1
    assert loaded([found]) == environments


def flow(document: Document) -> str:
    return yaml.safe_dump(document, default_flow_style=True, sort_keys=False)


def indented(document: Document) -> str:
    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ANN401, ARG002
            return super().increase_indent(flow, indentless=False)

    return yaml.dump(document, Dumper=Dumper, sort_keys=False)


def plain(document: Document) -> str:
    return yaml.safe_dump(document)


@pytest.mark.parametrize("written", [flow, indented, plain], ids=lambda each: each.__name__)
@pytest.mark.parametrize(("small", "large"), [(250, 40), (150, 60), (330, 10)])
@pytest.mark.parametrize(
    "pools",
    [
        (slices("a", "3g.40gb", nodeCount=8, memoryPerGpu="39Gi"),),
        (slices("a", "3g.40gb", nodeCount=8, memoryPerGpu="39Gi", nodeSelector={}),),
        (
            slices("a", "3g.40gb", nodeCount=6, memoryPerGpu="39Gi"),
            slices("b", "7g.80gb", memoryPerGpu="79Gi", nodeCount=2),
        ),
        (several("a", {"3g.40gb": 16}, nodeCount=8),),
        (several("a", {"3g.40gb": 14}, nodeCount=8, wholeGpus=1, memoryPerGpu="79Gi"),),
        (slices("a", "7g.80gb", nodeCount=60, acceleratorCount=1, memoryPerGpu="79Gi"),),
        (slices("a", "7g.80gb", nodeCount=9, memoryPerGpu="79Gi", migConfiguration=SEVEN),),
    ],
    ids=["one", "without labels", "two", "several", "beside whole GPUs", "nodes of one GPU", "memory of the board"],
)
def test_what_is_written_declares_what_is_proposed(
    pools: tuple[Document, ...],
    small: int,
    large: int,
    written: Any,  # noqa: ANN401 - one of three functions
) -> None:
    text = "---\n".join(written(each) for each in (environment("east", *pools), environment("west", pools[0])))
    found, environments = edited(text, small, large)
    assert loaded(found) == environments


ALIASES = """\
%YAML 1.1
---
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata: {name: east}
spec:
  cluster: {source: Existing, existing: {secretRef: {name: east}}}
  nodePools:
    - &pool
      name: a
      nodeSelector: {pool: a}
      acceleratorType: nvidia-h100-80gb
      acceleratorCount: 8
      nodeCount: 4
      capabilities: {memoryPerGpu: 39Gi, migConfiguration: {enabled: true, profile: 3g.40gb}}
    - <<: *pool
      name: b
      nodeSelector: {pool: b}
"""


def test_what_an_alias_stands_for_is_written_out() -> None:
    found, environments = edited(ALIASES, 150, 60)
    assert loaded(found) == environments


def test_a_part_that_is_split_once_more_keeps_its_label() -> None:
    labelled = {"pool": "a", "slicewise.dev/cut": "slicewise-0a1b2c"}
    written = slices("a", "3g.40gb", nodeCount=8, memoryPerGpu="39Gi", nodeSelector=labelled)
    for text in (flow(environment("east", written)), plain(environment("east", written))):
        found, environments = edited(text, 150, 60)
        assert loaded(found) == environments
        kept, new = environments[0].spec.node_pools
        assert kept.node_selector == labelled
        assert new.node_selector["slicewise.dev/cut"] not in {"kept", "slicewise-0a1b2c"}


def test_windows_lines() -> None:
    text = without_the_model(TEXT).replace("\n", "\r\n")
    found, environments = edited(text, 150, 60)
    assert loaded(found) == environments


def test_documents_of_other_kinds_are_left_out() -> None:
    assert proposed_documents("kind: Model\n---\nkind: ClusterModel\n", {}) == []
    assert proposed_documents(without_the_model(TEXT), {}) == [
        without_the_model(TEXT).replace("---\n", "\n").strip("\n")
    ]


@pytest.mark.parametrize("written", [flow, indented, plain], ids=lambda each: each.__name__)
@pytest.mark.parametrize("kept", [0, 1])
def test_a_pool_that_is_cut_in_two_ways_becomes_a_pool_for_each(kept: int, written: Any) -> None:  # noqa: ANN401 - as above
    pool = slices("a", "7g.80gb", nodeCount=3 + kept, acceleratorCount=1, memoryPerGpu="79Gi")
    text = written(environment("east", pool))
    huge = [model("huge", profile("s", memoryPerGpu="70Gi")), *([deployment("huge", "huge")] if kept else [])]
    others = [*OTHERS, *huge, *(deployment(f"d{number}", "small", replicas=7) for number in range(2))]
    others.append(deployment("large", "large", replicas=2))
    fleet = load_contents([("a.yaml", text.encode()), ("b.yaml", "\n---\n".join(map(yaml.safe_dump, others)).encode())])
    found = propose_for_fleet(fleet, (), None, SECONDS)
    (only,) = found.pools
    assert (only.kept, len(only.new)) == (kept, 2)
    written_anew = loaded(proposed_documents(text, {only.state.key: only}))
    assert written_anew == list(found.fleet.environments)
    names = [each.name for each in written_anew[0].spec.node_pools]
    assert len(set(names)) == 2 + kept
    assert ("a" in names) == bool(kept)
