"""The digest of documents: what they say counts, and not how it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from slicewise.documents import documents_digest, load_fleet
from tests.documents import Document, deployment, environment, model, pool, profile, quota

FLEET = (
    environment("a", pool("gpus", precisionSupport=["bf16", "int8", "fp8"])),
    model("m", profile("p", memoryPerGpu="40Gi")),
    deployment("chat", "m"),
    quota("q", {"units": 8}),
)


def digest(directory: Path, *texts: str) -> str:
    for number, text in enumerate(texts):
        (directory / f"{number}.yaml").write_text(text)
    return documents_digest(load_fleet([str(directory)]))


def written(*documents: Document) -> str:
    return yaml.safe_dump_all(documents)


@pytest.fixture
def as_it_is(tmp_path: Path) -> str:
    (tmp_path / "first").mkdir()
    found = digest(tmp_path / "first", written(*FLEET))
    assert found.startswith("sha256:")
    assert len(found) == len("sha256:") + 64
    return found


@pytest.mark.parametrize(
    "texts",
    [
        [written(*FLEET[::-1])],
        [written(*FLEET[:2]), written(*FLEET[2:])],
        ["# the fleet\n" + written(*FLEET)],
        [yaml.safe_dump_all(FLEET, sort_keys=False, default_flow_style=True)],
        [written(*FLEET).replace("- bf16\n        - int8\n", "- int8\n        - bf16\n")],
    ],
    ids=["other order", "two files", "a comment", "other YAML", "precisions in another order"],
)
def test_how_it_is_written_does_not_count(tmp_path: Path, as_it_is: str, texts: list[str]) -> None:
    assert digest(tmp_path, *texts) == as_it_is


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("replicas: 1", "replicas: 2"),
        ("memoryPerGpu: 40Gi", "memoryPerGpu: 41Gi"),
        ("units: 8", "units: 9"),
        ("acceleratorCount: 8", "acceleratorCount: 4"),
        ("repo: models/m", "repo: models/n"),
        ("name: chat", "name: chat-2"),
        ("name: gpus", "name: others"),
    ],
)
def test_what_it_says_counts(tmp_path: Path, as_it_is: str, old: str, new: str) -> None:
    text = written(*FLEET)
    assert old in text
    assert digest(tmp_path, text.replace(old, new, 1)) != as_it_is
