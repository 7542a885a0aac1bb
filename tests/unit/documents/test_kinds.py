"""What is not a document of one of our kinds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.documents.reading import errors

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("§- a\n", "list; remove the `- ` before each, and begin every document with a line `---`"),
        ("§hello\n", "single value; write one, or remove this"),
        ("§7\n", "single value; write one, or remove this"),
    ],
)
def test_what_is_no_mapping(loader: Loader, text: str, got: str) -> None:
    expected = f"expected a document (a mapping with apiVersion, kind, metadata, spec), got a {got} [SW107]"
    assert loader.refuse_at(text) == expected


KINDS = "InferenceEnvironment, ClusterModel, Model or ModelDeployment"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("§kind: Model\n", 'apiVersion: "apiVersion" is required: write modelplane.ai/v1alpha1'),
        ("§apiVersion: modelplane.ai/v1alpha1\n", f'kind: "kind" is required: write {KINDS}'),
        (
            "apiVersion: §v1\nkind: Secret\n",
            'apiVersion: got "v1", expected modelplane.ai/v1alpha1; keep other Kubernetes objects in another directory',
        ),
        (
            "apiVersion: modelplane.ai/v1alpha1\nkind: §InferenceEnviroment\nspec: 7\nother: 8\n",
            f'kind: got "InferenceEnviroment", expected {KINDS}; did you mean "InferenceEnvironment"?',
        ),
        ("apiVersion: modelplane.ai/v1alpha1\nkind: §[Model]\n", f"kind: got a list, expected {KINDS}"),
        ("apiVersion: §1\nkind: Model\n", "apiVersion: got 1, expected modelplane.ai/v1alpha1"),
        (
            "§services: {web: {image: nginx}}\n",
            (
                'apiVersion: "apiVersion" is required: write modelplane.ai/v1alpha1; '
                "a file of another tool belongs in another directory"
            ),
        ),
    ],
)
def test_a_wrong_kind_is_one_message(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW108]"


@pytest.mark.usefixtures("loader")
def test_a_file_of_pulumi_is_not_told_to_become_a_document() -> None:
    Path("stacks/prod").mkdir(parents=True)
    Path("stacks/Pulumi.prod.yaml").write_text("config:\n  slicewise:verify: true\nencryptionsalt: v1:8hufJOpK2no=\n")
    Path("stacks/Pulumi.yaml").write_text("name: slicewise\nruntime: python\n")
    assert errors("stacks") == [
        (
            "stacks/Pulumi.prod.yaml:1:1: this is Pulumi's configuration of the stack prod, not a document; name the "
            "directory that holds its documents (stacks/prod, unless slicewise:manifests says another) [SW108]"
        ),
        (
            "stacks/Pulumi.yaml:1:1: this is Pulumi's file of a project, not a document; name the directory that holds "
            "the documents [SW108]"
        ),
    ]
    Path("stacks/Pulumi.yaml").write_text("kind: Model\n")
    assert errors("stacks/Pulumi.yaml") == [
        'stacks/Pulumi.yaml:1:1: apiVersion: "apiVersion" is required: write modelplane.ai/v1alpha1 [SW108]'
    ]
