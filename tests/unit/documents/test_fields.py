"""Lists, frozen documents, and null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from slicewise.documents import KINDS
from tests.unit.documents.documents import COMPLETE, MINIMAL, minimal
from tests.unit.documents.fields import ENVIRONMENT, MODEL, POOL

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


def test_lists_have_limits(loader: Loader) -> None:
    (pool,) = MINIMAL[ENVIRONMENT]["spec"]["nodePools"]

    def environment(count: int) -> str:
        selected = [{**pool, "name": f"p{i}", "nodeSelector": {"pool": str(i)}} for i in range(count)]
        return minimal(ENVIRONMENT, ("spec", "nodePools"), selected)

    loader.load(environment(64))
    (line,) = loader.refuse(environment(65))
    assert "spec.nodePools: got 65 items, expected at most 64 items [SW203]" in line
    loader.load(minimal(MODEL, ("spec", "serving"), [{"name": f"p{i}"} for i in range(8)]))
    (line,) = loader.refuse(minimal(MODEL, ("spec", "serving"), [{"name": f"p{i}"} for i in range(9)]))
    assert "spec.serving: got 9 items, expected at most 8 items [SW203]" in line


def test_documents_are_frozen() -> None:
    for kind, model in KINDS.items():
        document = model.model_validate(COMPLETE[kind])
        with pytest.raises(ValueError, match="frozen"):
            document.kind = "Other"  # type: ignore[assignment, misc]


def test_null_is_the_same_as_leaving_an_optional_field_out(loader: Loader) -> None:
    given = loader.load(minimal(ENVIRONMENT, (*POOL, "maxNodeCount")))
    assert given.environments == loader.load(minimal(ENVIRONMENT)).environments
