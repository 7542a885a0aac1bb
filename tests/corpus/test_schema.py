"""What an editor sees by the JSON Schema, judged by a validator that is not ours; and what only the program sees."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from slicewise.documents import KINDS, document_schema
from tests.corpus.reading import HERE, Case, single_cases

ROOT = HERE.parents[1]
PAGE = (ROOT / "docs/schema-limits.md").read_text(encoding="utf-8")
# Codes that no schema reports: what is wrong is between fields or documents, in a catalogue, or in the YAML itself.
_NUMBERS = (
    *range(103, 107),
    *range(204, 217),
    *range(219, 231),
    *range(232, 236),
    *range(238, 243),
    *range(244, 247),
    248,
    249,
    *range(251, 261),
    *range(265, 269),
    701,
    702,
)
ONLY_THE_PROGRAM = {f"SW{number}" for number in _NUMBERS}
# Documents of these codes that the schema refuses all the same: what the parser makes of them does not fit either.
SEEN_ANYWAY = {
    *("yaml/aliases-that-explode", "yaml/nested-too-deep", "yaml/number-of-fifty-digits", "yaml/spec-twice"),
}
# Documents of other codes that the schema takes, by the words of the page that say why.
ONLY_THE_PROGRAM_HERE = {
    "depends on another field": {
        *("clouds/no-machine", "clouds/no-zones-of-a-region"),
        *("fields/no-existing-block", "fields/no-gke-block", "fields/no-mig-profile"),
        "sources/no-block",
        "fields/no-hugging-face",
        "quantities/nothing",
    },
    "size of an amount": {
        *("quantities/allocatable-cores", "quantities/too-much", "quantities/infinity", "quantities/not-a-number"),
        *("models/thousandths-of-a-core", "quantities/cores-in-thousandths", "quantities/memory-of-a-node"),
        *("quantities/memory-above-any-node", "quantities/memory-above-any-gpu"),
        *("quantities/half-a-device", "quantities/slice-memory-without-suffix"),
        "quantities/memory-per-slice-without-suffix",
        *("quotas/memory-in-bytes", "quotas/gpu-equivalents-in-bytes"),
    },
    "whole number": {"types/exponent-as-count", "types/fraction-as-count"},
    "notation of a number": {"types/octal-count"},
    "prefix of a label key": {"labels/key-with-a-prefix-of-254-characters"},
    "no text as the name of a field": {"labels/key-that-is-a-number"},
    "resource that is counted otherwise": {"quantities/resource-that-is-a-gpu", "quantities/resource-of-kubernetes"},
    "registry of an image": {"sources/image-without-a-registry"},
    "end of a line": {"names/newline-at-the-end"},
    "braces of a template": {
        "pods/braces-in-a-variable",
        "pods/braces-in-an-annotation",
        "labels/annotation-of-the-deployment-with-braces",
    },
    "flag and value in one argument": {"models/flag-and-value-in-one-argument"},
}
WRONG = [case for case in single_cases() if case.errors]
RIGHT = [*sorted((ROOT / "stacks").glob("*/*.yaml")), *sorted((HERE / "with").glob("*.yaml"))]


@cache
def validator(kind: str) -> Draft202012Validator:
    schema = document_schema(kind)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def documents(text: str) -> list[Any]:
    """Return the documents as JSON has them, which is what a validator judges; none if there is no such JSON."""
    try:
        loaded = [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document is not None]
        return list(json.loads(json.dumps(loaded)))
    except (yaml.YAMLError, TypeError, ValueError):
        return []


def fits(document: object) -> bool:
    """Return whether the schema of the document's kind finds nothing, or of any kind where it has none of them."""
    kind = document.get("kind") if isinstance(document, dict) else None
    kinds = [kind] if isinstance(kind, str) and kind in KINDS else list(KINDS)
    return any(validator(each).is_valid(document) for each in kinds)


def taken_by_schema(case: Case) -> bool:
    return all(map(fits, documents(next(iter(case.files.values())))))


@pytest.mark.long
def test_the_schema_takes_only_what_it_must() -> None:
    taken = {case.name for case in WRONG if taken_by_schema(case)}
    of_codes = {case.name for case in WRONG if case.errors[0].code in ONLY_THE_PROGRAM} - SEEN_ANYWAY
    assert taken == of_codes.union(*ONLY_THE_PROGRAM_HERE.values())


def test_the_page_has_every_reason() -> None:
    rows = re.findall(r"^\| (?!what only|-)(.+?) \| (SW.+?) \|", PAGE, re.MULTILINE)
    codes: set[str] = set()
    for _, where in rows:
        for first, last in re.findall(r"SW(\d{3})(?: to SW(\d{3}))?", where):
            codes |= {f"SW{number}" for number in range(int(first), int(last or first) + 1)}
    assert codes - {"SW101", "SW102", "SW202", "SW203", "SW218"} == ONLY_THE_PROGRAM
    assert [reason for reason in ONLY_THE_PROGRAM_HERE if not any(f"`{reason}`" in row for row, _ in rows)] == []


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_right_documents_fit_their_schema(path: Path) -> None:
    found = documents(path.read_text(encoding="utf-8"))
    assert found
    for document in found:
        assert list(validator(document["kind"]).iter_errors(document)) == []


def test_the_schema_refuses_nothing_that_the_program_takes() -> None:
    warned = [
        document
        for case in single_cases()
        if case.warnings
        for text in case.files.values()
        for document in documents(text)
    ]
    assert warned
    assert [document for document in warned if not fits(document)] == []
