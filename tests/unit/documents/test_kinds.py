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


KINDS = "InferenceEnvironment, ClusterModel, Model, ModelDeployment or Quota"


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
            "§service: {image: nginx}\n",
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


COMPOSE = "services:\n  web: {image: nginx}\n  cache: {build: .}\nvolumes: {}\n"
KUBECONFIG = "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: [{user: {token: secret}}]\n"
LISTED = "apiVersion: v1\nkind: List\nitems: [{apiVersion: modelplane.ai/v1alpha1, kind: Model}]\n"


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("anything.yaml", COMPOSE, "a Compose file"),
        ("docker-compose.override.yml", "volumes: {}\n", "a Compose file"),
        ("compose.yaml", "services: {}\n", "a Compose file"),
        ("ci.yaml", "on: push\njobs: {test: {runs-on: ubuntu-latest}}\n", "a workflow of GitHub Actions"),
        ("Chart.yaml", "apiVersion: v2\nname: chat\nversion: 0.1.0\n", "the description of a Helm chart"),
        ("Chart.yaml", "apiVersion: v2\nname: chat\n", "the description of a Helm chart"),
        ("chart-of-chat.yaml", "apiVersion: v2\nname: chat\nversion: 0.1.0\n", "the description of a Helm chart"),
        ("values.yaml", "replicaCount: 1\n", "a file of values of a Helm chart"),
        ("values-prod.yaml", "image: {tag: latest}\n", "a file of values of a Helm chart"),
        ("prod.values.yml", "image: {tag: latest}\n", "a file of values of a Helm chart"),
        ("kustomization.yaml", "resources: [a.yaml]\n", "a file of Kustomize"),
        ("k.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", "a file of Kustomize"),
        (".pre-commit-config.yaml", "repos: []\n", "a file of pre-commit"),
        ("PulumiPolicy.yaml", "runtime: python\n", "Pulumi's file of a policy pack"),
        ("config.yaml", KUBECONFIG, "a kubeconfig"),
        ("all.yaml", LISTED, "a list of Kubernetes"),
    ],
)
@pytest.mark.usefixtures("loader")
def test_a_file_of_another_tool_is_told_what_it_is(name: str, text: str, what: str) -> None:
    Path(name).write_text(text)
    (error,) = errors(".")
    assert error.startswith(f"{name}:1:1: this is {what}, not a document; ")
    assert error.endswith(" [SW108]")
    assert "apiVersion" not in error
    assert "secret" not in error


@pytest.mark.parametrize(
    ("name", "text", "missing"),
    [
        ("compose.yaml", "kind: Model\nservices: {web: {image: nginx}}\n", "apiVersion"),
        ("values.yaml", "metadata: {name: a}\n", "apiVersion"),
        ("Chart.yaml", "apiVersion: modelplane.ai/v1alpha1\nspec: {}\n", "kind"),
        ("services.yaml", "services: {web: {ports: [80]}}\n", "apiVersion"),
        ("services.yaml", "services: 7\n", "apiVersion"),
        ("services.yaml", "services: [web]\njobs: {a: 1}\n", "apiVersion"),
    ],
)
@pytest.mark.usefixtures("loader")
def test_what_may_be_an_unfinished_document_is_told_what_it_lacks(name: str, text: str, missing: str) -> None:
    Path(name).write_text(text)
    (error,) = errors(".")
    assert error.startswith(f'{name}:1:1: {missing}: "{missing}" is required')
