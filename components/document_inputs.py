"""Documents that a program passes to a component: models, mappings, paths; checked as files are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import pulumi
from pydantic import BaseModel

from slicewise.diagnostics import NOWHERE, Code, Diagnostic, InvalidInputError, Place, dotted, shown
from slicewise.documents import API_VERSION, Fleet, load_contents
from slicewise.sources import read_all

DocumentInput: TypeAlias = BaseModel | Mapping[str, Any]
"""A document: one of the types of `slicewise.documents`, or a mapping with the fields that its YAML has."""
_PLAIN: Final = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class DocumentInputs:
    """What a program passes.

    Attributes:
        paths: Files and directories of documents.
        environments: InferenceEnvironments.
        models: ClusterModels and Models.
        deployments: ModelDeployments.
        quotas: Quotas.
    """

    paths: Sequence[str | Path] = ()
    environments: Sequence[DocumentInput] = ()
    models: Sequence[DocumentInput] = ()
    deployments: Sequence[DocumentInput] = ()
    quotas: Sequence[DocumentInput] = ()

    def __bool__(self) -> bool:
        """Return whether anything is passed."""
        return bool(self.paths or self.environments or self.models or self.deployments or self.quotas)

    def load(self) -> Fleet:
        """Load and check everything.

        Raises:
            InvalidInputError: anything is wrong; it holds every problem of every document. Of a document that is
                passed, its place is the argument and the document's name: `environments[mig-a]`.
        """
        passed = dict(self._passed())
        problems = [each for name, data in passed.items() for each in not_plain(name, data)]
        if problems:
            raise InvalidInputError(problems)
        files, unreadable = read_all([str(path) for path in self.paths]) if self.paths else ([], [])
        texts = [(name, json.dumps(data).encode()) for name, data in passed.items()]
        try:
            return load_contents([*files, *texts], unreadable)
        except InvalidInputError as error:
            raise InvalidInputError([_without_line(each, passed) for each in error.problems]) from None

    def _passed(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the documents that are passed, by what messages call them."""
        kinds = {
            "environments": "InferenceEnvironment",
            "models": "",
            "deployments": "ModelDeployment",
            "quotas": "Quota",
        }
        seen: set[str] = set()
        for argument, kind in kinds.items():
            documents: Sequence[DocumentInput] = getattr(self, argument)
            for at, document in enumerate(documents):
                data = as_mapping(document)
                if not isinstance(data, Mapping):
                    message = f"expected a document (a mapping, or a type of slicewise.documents), got {shown(data)}"
                    raise InvalidInputError(
                        [Diagnostic.error(Code.NOT_A_MAPPING, message, field=f"{argument}[{at}]", place=NOWHERE)]
                    )
                metadata = data.get("metadata")
                metadata = metadata if isinstance(metadata, Mapping) else {}
                own = kind or ("Model" if "namespace" in metadata else "ClusterModel")
                called = metadata.get("name")
                name = f"{argument}[{called if isinstance(called, str) else at}]"
                name = name if name not in seen else f"{argument}[{at}]"
                seen.add(name)
                yield name, {"apiVersion": API_VERSION, "kind": own, **data}


def as_mapping(document: object) -> object:
    """Return the plain data of a document, with the names that its YAML has."""
    if isinstance(document, BaseModel):
        return document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return document


def not_plain(name: str, data: object, path: tuple[str | int, ...] = ()) -> Iterator[Diagnostic]:
    """Yield the fields of a document whose values are not plain: a plan is made before anything is known.

    Args:
        name: What messages call the document.
        data: Its data, or that of a field.
        path: The field's path.
    """
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from not_plain(name, value, (*path, str(key)))
    elif isinstance(data, list | tuple):
        for at, value in enumerate(data):
            yield from not_plain(name, value, (*path, at))
    elif not isinstance(data, _PLAIN):
        field = f"{name}.{dotted(path)}" if path else name
        if isinstance(data, pulumi.Output):
            message = "it is an Output, and a plan needs plain values: it is made before Pulumi knows any output"
            remedy = (
                "pass the value itself: a constant, pulumi.Config().require_int(…), or of another stack what "
                "StackReference.get_output_details(…).value is; of clusters that this program makes, only the "
                "kubeconfig may be an Output (kubeconfigs)"
            )
        else:
            message = f"it is a {type(data).__name__}, and documents have text, numbers, booleans, lists and mappings"
            remedy = "pass one of these"
        yield Diagnostic.error(Code.NOT_A_PLAIN_VALUE, message, remedy, field=field)


def _without_line(problem: Diagnostic, passed: Iterable[str]) -> Diagnostic:
    """Return a problem of a document that is passed without the line, which only the text of it here has."""
    return replace(problem, place=Place(problem.place.file)) if problem.place.file in set(passed) else problem
