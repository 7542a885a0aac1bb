"""Documents of a fleet as plain data: short to make, written as YAML files, or parsed without any YAML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from slicewise.documents import (
    API_VERSION,
    KINDS,
    ClusterModel,
    Fleet,
    InferenceEnvironment,
    ModelDeployment,
    ModelKey,
    Quota,
)

Document = dict[str, Any]


def document(kind: str, metadata: Document, spec: Document) -> Document:
    """Return a document of `kind`."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def write_yaml(documents: Sequence[Document], directory: Path, files: int = 20) -> None:
    """Write `documents` into `files` YAML files of `directory`, as people would lay them out."""
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        share = documents[number::files]
        if share:
            text = yaml.dump_all(share, Dumper=yaml.CSafeDumper, sort_keys=False)
            (directory / f"fleet-{number:03}.yaml").write_text(text, encoding="utf-8")


def fleet_of(documents: Sequence[Document]) -> Fleet:
    """Return the fleet of `documents`, sorted as loading sorts it; the checks across fields are not run."""
    parsed = [KINDS[item["kind"]].model_validate(item) for item in documents]
    environments = [item for item in parsed if isinstance(item, InferenceEnvironment)]
    deployments = [item for item in parsed if isinstance(item, ModelDeployment)]
    return Fleet(
        environments=tuple(sorted(environments, key=lambda item: item.metadata.name)),
        models={
            ModelKey(item.kind, "", item.metadata.name): item.spec for item in parsed if isinstance(item, ClusterModel)
        },
        deployments=tuple(sorted(deployments, key=lambda item: item.key)),
        quotas=tuple(sorted((item for item in parsed if isinstance(item, Quota)), key=lambda item: item.name)),
    )
