"""Documents that say the same load as the same fleet: order of keys, styles of YAML, aliases, amounts, defaults."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slicewise.documents import Fleet, load_fleet
from tests.unit.documents.documents import COMPLETE, MINIMAL
from tests.unit.manifests.notation import spellings

AMOUNTS = ("cpu", "memory", "memoryPerGpu")
DOCUMENTS = [*COMPLETE.values(), {**MINIMAL["ClusterModel"], "metadata": {"name": "qwen2.5-7b"}}]
# What is in force where nothing is written (docs/documents.md).
DEFAULTS: dict[str, dict[str, Any]] = {
    "ClusterModel": {"resources": {"cpu": "4", "memory": "16Gi"}},
    "ModelDeployment": {"priority": 0, "scaling": {"signal": "Fixed", "fixed": {"replicas": 1}}},
}


class Dumper(yaml.CSafeDumper):
    """Writes text in a style that is drawn anew each time, and everything else plainly."""

    draw = random.Random(0)  # noqa: S311 - every test sets its own

    def represent_text(self, text: str) -> yaml.Node:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=self.draw.choice([None, "'", '"']))


Dumper.add_representer(str, Dumper.represent_text)


def rewritten(value: Any, draw: random.Random, seen: dict[str, Any], key: str = "") -> Any:  # noqa: ANN401 - plain data
    """Return the data in another notation; equal mappings become one object, which YAML writes as an alias."""
    if key in AMOUNTS:
        return draw.choice(list(spellings(value)))
    if isinstance(value, list):
        return [rewritten(each, draw, seen) for each in value]
    if not isinstance(value, dict):
        return value
    items = [(name, rewritten(each, draw, seen, name)) for name, each in value.items()]
    draw.shuffle(items)
    return seen.setdefault(repr(value), dict(items)) if draw.random() < 0.5 else dict(items)


def loaded(texts: list[str]) -> Fleet:
    with TemporaryDirectory() as directory:
        for number, text in enumerate(texts):
            Path(directory, f"{number}.yaml").write_text(text, encoding="utf-8")
        return load_fleet([directory])


PLAIN = loaded([yaml.safe_dump_all(DOCUMENTS)])


@given(st.integers(0, 2**32))
def test_no_notation_changes_what_is_loaded(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - drawn again from the seed
    Dumper.draw = draw
    documents = [rewritten(each, draw, {}) for each in draw.sample(DOCUMENTS, len(DOCUMENTS))]
    flow = draw.choice([True, False, None])
    texts = [yaml.dump(each, Dumper=Dumper, sort_keys=False, default_flow_style=flow) for each in documents]
    assert loaded(texts) == PLAIN, "\n---\n".join(texts)


@pytest.mark.parametrize("kind", DEFAULTS)
def test_a_default_that_is_written_out_is_the_same(kind: str) -> None:
    least = MINIMAL[kind]
    with_defaults = {**least, "spec": {**least["spec"], **DEFAULTS[kind]}}
    others = [yaml.safe_dump(document) for name, document in MINIMAL.items() if name not in (kind, "Model")]
    one, other = (loaded([*others, yaml.safe_dump(each)]) for each in (least, with_defaults))
    if kind == "ModelDeployment":
        assert [each.replicas for each in one.deployments] == [each.replicas for each in other.deployments]
        assert [each.spec.priority for each in one.deployments] == [each.spec.priority for each in other.deployments]
    else:
        assert one == other
