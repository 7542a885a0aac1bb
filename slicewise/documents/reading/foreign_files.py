"""Files of other tools among the documents: what they are, and what to do about each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from slicewise.documents.base import API_VERSION

_Data = Mapping[Any, Any]
_OURS: Final = frozenset({"apiVersion", "kind", "metadata", "spec"})
_APART: Final = "keep it in another directory"
_DIRECTORY: Final = "name the directory that holds the documents"
# As Pulumi names a project's file, that of a policy pack, and those that hold each stack's configuration.
_STACK: Final = re.compile(r"Pulumi\.(.+)\.ya?ml")
# Other files that tools find by these names alone.
_NAMED: Final = {
    ".gitlab-ci.yml": "GitLab CI",
    ".pre-commit-config.yaml": "pre-commit",
    ".readthedocs.yaml": "Read the Docs",
    "Taskfile.yml": "Task",
    "azure-pipelines.yml": "Azure Pipelines",
    "helmfile.yaml": "Helmfile",
    "mkdocs.yml": "MkDocs",
}
_COMPOSE: Final = re.compile(r"(docker-)?compose([.-][\w.-]+)?\.ya?ml")
_VALUES: Final = re.compile(r"([\w.-]+[.-])?values([.-][\w.-]+)?\.ya?ml")


class ForeignFile(NamedTuple):
    """What a file is, and what to do about it."""

    message: str
    remedy: str


class _Tool(NamedTuple):
    """A kind of file of another tool, and how it is told from a document that is not finished."""

    what: str
    is_one: Callable[[str, _Data], bool]
    remedy: str = _APART


def foreign_file(file: str, data: _Data) -> ForeignFile | None:
    """Return what a mapping is that no person meant as a document; None for one that is, or may be.

    Args:
        file: The file's name, as errors show it.
        data: The mapping.
    """
    path = Path(file)
    if (stack := _STACK.fullmatch(path.name)) and is_bare(data):
        directory = path.with_name(stack[1])
        return ForeignFile(
            f"this is Pulumi's configuration of the stack {stack[1]}, not a document",
            f"name the directory that holds its documents ({directory}, unless slicewise:manifests says another)",
        )
    if path.name in _NAMED and is_bare(data):
        return ForeignFile(f"this is a file of {_NAMED[path.name]}, not a document", _APART)
    tool = next((each for each in _TOOLS if each.is_one(path.name, data)), None)
    return ForeignFile(f"this is {tool.what}, not a document", tool.remedy) if tool else None


def is_bare(data: _Data) -> bool:
    """Return whether a mapping has none of the fields that every document has."""
    return not _OURS & data.keys()


def _blocks(data: _Data, field: str) -> list[_Data]:
    """Return the mappings in the mapping `field`; nothing where it is something else, or has anything else."""
    value = data.get(field)
    blocks = list(value.values()) if isinstance(value, dict) else []
    return blocks if all(isinstance(block, dict) for block in blocks) else []


def _is_compose(name: str, data: _Data) -> bool:
    services = any({"image", "build", "extends"} & block.keys() for block in _blocks(data, "services"))
    return is_bare(data) and (services or bool(_COMPOSE.fullmatch(name)))


def _is_workflow(_: str, data: _Data) -> bool:
    return is_bare(data) and any({"runs-on", "uses"} & block.keys() for block in _blocks(data, "jobs"))


def _is_chart(name: str, data: _Data) -> bool:
    rest = data.keys() & _OURS
    is_versioned = data.get("apiVersion") in ("v1", "v2") and {"name", "version"} <= data.keys()
    return rest <= {"apiVersion"} and (is_versioned or name == "Chart.yaml")


def _is_values(name: str, data: _Data) -> bool:
    return is_bare(data) and bool(_VALUES.fullmatch(name))


def _is_kustomization(name: str, data: _Data) -> bool:
    if name in ("kustomization.yaml", "kustomization.yml") and is_bare(data):
        return True
    return str(data.get("apiVersion")).startswith("kustomize.config.k8s.io/")


def _is_kubeconfig(_: str, data: _Data) -> bool:
    return data.get("kind") == "Config" and {"clusters", "contexts"} <= data.keys()


def _is_list(_: str, data: _Data) -> bool:
    items = data.get("items")
    ours = isinstance(items, list) and any(
        isinstance(each, dict) and each.get("apiVersion") == API_VERSION for each in items
    )
    return ours and str(data.get("kind")).endswith("List")


_TOOLS: Final = (
    _Tool(
        "Pulumi's file of a project",
        lambda name, data: name in ("Pulumi.yaml", "Pulumi.yml") and is_bare(data),
        _DIRECTORY,
    ),
    _Tool(
        "Pulumi's file of a policy pack",
        lambda name, data: name in ("PulumiPolicy.yaml", "PulumiPolicy.yml") and is_bare(data),
        _DIRECTORY,
    ),
    _Tool("a Compose file", _is_compose),
    _Tool("a workflow of GitHub Actions", _is_workflow),
    _Tool("the description of a Helm chart", _is_chart),
    _Tool("a file of values of a Helm chart", _is_values),
    _Tool("a file of Kustomize", _is_kustomization),
    _Tool(
        "a kubeconfig",
        _is_kubeconfig,
        "keep it out of the documents: docs/kubeconfigs.md says where a stack takes it from",
    ),
    _Tool(
        "a list of Kubernetes",
        _is_list,
        "write each of its items as a document of its own, with a line `---` between them",
    ),
)
