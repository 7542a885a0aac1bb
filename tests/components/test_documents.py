"""Documents that are not where the stack's configuration says: the message names the key and its default."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest

from components.documents import load_documents
from components.stack_config import read_stack_config
from slicewise.diagnostics import InvalidInputError
from tests.unit.documents.documents import minimal


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A project with documents in stacks/prod, and no configuration afterwards."""
    monkeypatch.setattr(pulumi, "get_stack", lambda: "production")
    monkeypatch.chdir(tmp_path)
    Path("stacks/prod").mkdir(parents=True)
    Path("stacks/prod/models.yaml").write_text(minimal("ClusterModel"))
    yield
    pulumi.runtime.set_all_config({})


def refused(manifests: str | None) -> str:
    pulumi.runtime.set_all_config({} if manifests is None else {"slicewise:manifests": manifests})
    with pytest.raises(InvalidInputError) as caught:
        load_documents(read_stack_config(pulumi.Config("slicewise")))
    return str(caught.value)


SET = "run: pulumi config set slicewise:manifests DIRECTORY"
PLACE = "stacks/Pulumi.production.yaml: slicewise:manifests: "


def test_a_renamed_stack_whose_documents_stayed() -> None:
    assert refused(None) == (
        f"{PLACE}is not set, and the default, stacks/production, is not there; create that directory, or {SET} "
        "(after `pulumi stack rename` the documents are still where they were) [SW101]"
    )


def test_a_misspelt_directory() -> None:
    assert refused("stacks/prdo") == (
        f"{PLACE}there is no file or directory stacks/prdo, seen from the directory of Pulumi.yaml; did you mean "
        f"stacks/prod? R{SET[1:]} [SW101]"
    )
    assert refused('["stacks/prod", "nowhere/"]') == (
        f"{PLACE}there is no file or directory nowhere, seen from the directory of Pulumi.yaml; {SET} [SW101]"
    )


def test_a_directory_without_documents() -> None:
    assert refused("stacks").startswith(f"{PLACE}stacks: the directory holds no *.yaml or *.yml file")


def test_mistakes_in_documents_stay_where_they_are() -> None:
    Path("stacks/prod/models.yaml").write_text("[]")
    assert refused("stacks/prod").startswith("stacks/prod/models.yaml:1:1: ")
