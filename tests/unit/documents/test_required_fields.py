"""The fields that a document must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slicewise.diagnostics.diagnostic import dotted
from slicewise.documents import KINDS
from tests.unit.documents.documents import COMPLETE, MINIMAL, minimal, text
from tests.unit.documents.fields import CAPABILITIES, DEPLOYMENT, ENVIRONMENT, MODEL, POOL, PROFILE, leaves

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

REQUIRED: list[tuple[str, tuple[str | int, ...]]] = [
    *[(ENVIRONMENT, path) for path in [("metadata",), ("metadata", "name"), ("spec",), ("spec", "cluster")]],
    (ENVIRONMENT, ("spec", "cluster", "source")),
    (ENVIRONMENT, ("spec", "cluster", "existing")),
    (ENVIRONMENT, ("spec", "cluster", "existing", "secretRef", "name")),
    (ENVIRONMENT, ("spec", "nodePools")),
    *[(ENVIRONMENT, (*POOL, name)) for name in ("name", "acceleratorType", "acceleratorCount", "capabilities")],
    (ENVIRONMENT, (*CAPABILITIES, "memoryPerGpu")),
    *[(MODEL, path) for path in [("metadata",), ("metadata", "name"), ("spec",), ("spec", "model")]],
    *[(MODEL, path) for path in [("spec", "model", "name"), ("spec", "source"), ("spec", "huggingFace")]],
    *[(MODEL, path) for path in [("spec", "huggingFace", "repo"), ("spec", "serving"), (*PROFILE, "name")]],
    *[(DEPLOYMENT, path) for path in [("metadata",), ("metadata", "name"), ("spec",), ("spec", "modelRef")]],
    *[(DEPLOYMENT, path) for path in [("spec", "modelRef", "name"), ("spec", "environments")]],
]


def remove(data: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - plain data
    """Return plain data without the field at `path`."""
    if isinstance(data, list):
        return [remove(value, path[1:]) if index == path[0] else value for index, value in enumerate(data)]
    if len(path) == 1:
        return {key: value for key, value in data.items() if key != path[0]}
    return {key: remove(value, path[1:]) if key == path[0] else value for key, value in data.items()}


@pytest.mark.parametrize(
    ("kind", "path"), REQUIRED, ids=lambda value: value if isinstance(value, str) else dotted(value)
)
def test_the_least_document_needs_each_of_its_fields(loader: Loader, kind: str, path: tuple[str | int, ...]) -> None:
    model = [minimal("ClusterModel")] if kind == "ModelDeployment" else []
    (line,) = loader.refuse(text(remove(MINIMAL[kind], path)), *model)
    line = line.removeprefix("0.yaml:")
    where = f" in {dotted(path[:-1])}" if path[:-1] else ""
    assert line.split(" ", 1)[1] == f'{dotted(path)}: "{path[-1]}" is required{where}; add it [SW202]'


def test_what_is_missing_is_missed_at_its_parent(loader: Loader) -> None:
    message = loader.refuse_at("""\
apiVersion: modelplane.ai/v1alpha1
kind: ModelDeployment
metadata: {name: chat}
spec:
  §environments: 1
""")
    assert message == 'spec.modelRef: "modelRef" is required in spec; add it [SW202]'


def test_the_least_fields_are_exactly_those_required() -> None:
    for kind in (ENVIRONMENT, MODEL, DEPLOYMENT):
        required = {dotted(path) for of, path in REQUIRED if of == kind}
        # secretRef is one of three ways to reach a cluster (tests/unit/documents/test_clusters.py).
        assert leaves(MINIMAL[kind]) - required <= {"apiVersion", "kind", "spec.cluster.existing.secretRef"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_least_and_the_complete_document_load(loader: Loader, kind: str) -> None:
    models = [] if "Model" in kind and kind != DEPLOYMENT else [minimal(MODEL)]
    loader.accept(minimal(kind), *models)
    loader.accept(text(COMPLETE[kind]), *models)
