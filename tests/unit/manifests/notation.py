"""The same documents written in other ways: whatever YAML and the documents' own rules leave open is drawn anew."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from tests.documents import Document

_AMOUNTS = ("cpu", "memory", "memoryPerGpu")
_BINARY = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_DECIMAL = {"m": Decimal("0.001"), "u": Decimal("0.000001"), "k": Decimal(1000)}
# Lists whose order means nothing: nothing in them is preferred to anything else.
_SETS = ("precisionSupport", "tolerations", "nodePools")
# What each part of a document is where nothing is written; docs/documents.md has these.
_DEFAULTS: dict[str, list[tuple[tuple[str, ...], Any]]] = {
    "pool": [
        (("nodeCount",), 1),
        (("maxNodeCount",), None),
        (("reservedUnits",), 0),
        (("labels",), {}),
        (("tolerations",), [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]),
        (("allocatable",), {}),
        (("allocatable", "cpu"), None),
        (("capabilities", "multiNodeCapable"), False),
        (("capabilities", "precisionSupport"), []),
        (("capabilities", "interconnect"), None),
        (("capabilities", "migConfiguration"), {"enabled": False}),
        (("capabilities", "migConfiguration", "strategy"), "mixed"),
        (("capabilities", "migConfiguration", "slicesPerGpu"), None),
    ],
    "toleration": [(("operator",), "Equal"), (("value",), ""), (("tolerationSeconds",), None)],
    "model": [
        (("huggingFace", "revision"), "main"),
        (("huggingFace", "secretRef"), None),
        (("resources",), {}),
        (("resources", "cpu"), "4"),
        (("resources", "memory"), "16Gi"),
    ],
    "profile": [
        (("environmentSelector",), {}),
        (("environmentSelector", "matchLabels"), {}),
        (("engine",), {}),
        (("engine", "name"), "vLLM"),
        (("engine", "image"), None),
        (("engine", "args"), []),
        (("replicaTopology",), {}),
        (("replicaTopology", "nodes"), 1),
        (("replicaTopology", "gpusPerNode"), 1),
        (("replicaTopology", "spread"), "preferred"),
        (("replicaTopology", "requires"), {}),
        (("replicaTopology", "requires", "mig"), "any"),
        (("replicaTopology", "requires", "memoryPerGpu"), None),
        (("replicaTopology", "parallelism"), {}),
        (("replicaTopology", "parallelism", "expert"), False),
        (("replicaTopology", "parallelism", "data"), None),
    ],
    "deployment": [
        (("modelRef", "kind"), "ClusterModel"),
        (("environmentSelector",), {}),
        (("nodePoolSelector", "matchLabels"), {}),
        (("priority",), 0),
        (("scaling",), {}),
        (("scaling", "signal"), "Fixed"),
        (("scaling", "fixed"), {"replicas": 1}),
        (("scaling", "concurrency", "minReplicas"), 1),
        (("scaling", "concurrency", "utilization"), 70),
        (("scaling", "concurrency", "scaleDownDelay"), 300),
    ],
}


class Merged(dict[str, Any]):
    """A mapping that takes some of its keys over with YAML's merge key."""


class Writer(yaml.CSafeDumper):
    """Writes each collection in block or flow style, and each text with or without quotes, as it is drawn."""

    draw: random.Random

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> MappingNode:  # noqa: ANN401
        flow = self.draw.random() < 0.3 if flow_style is None else flow_style
        node = super().represent_mapping(tag, list(mapping.items()), flow)
        if isinstance(mapping, Merged) and len(node.value) > 1:
            taken = self.draw.randrange(1, len(node.value))
            base = MappingNode(node.tag, node.value[:taken], flow_style=node.flow_style)
            node.value = [(ScalarNode("tag:yaml.org,2002:merge", "<<"), base), *node.value[taken:]]
        return node

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> SequenceNode:  # noqa: ANN401
        flow = self.draw.random() < 0.5 if flow_style is None else flow_style
        return super().represent_sequence(tag, sequence, flow)

    def represent_text(self, data: str) -> ScalarNode:
        """Write a text plain, where YAML takes it for a text then, or in quotes."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=self.draw.choice([None, "'", '"']))


Writer.add_representer(str, Writer.represent_text)
Writer.add_representer(Merged, Writer.represent_dict)


def rewritten(documents: Sequence[Document], seed: int) -> list[str]:
    """Return the texts of one to three files with `documents`, of which only the notation is another."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    changed = [_document(deepcopy(document), draw) for document in documents]
    draw.shuffle(changed)
    files: list[list[Document]] = [[] for _ in range(draw.randint(1, 3))]
    for document in changed:
        draw.choice(files).append(_shared(document, {}, draw))
    writer = type("Drawn", (Writer,), {"draw": draw})
    texts = (yaml.dump_all(file, Dumper=writer, sort_keys=False, explicit_start=True) for file in files if file)
    return list(texts)


def _document(document: Document, draw: random.Random) -> Document:
    for kind, part in _parts(document):
        for path, default in _DEFAULTS[kind]:
            _write_out_or_leave(part, path, default, draw)
    result = _walk(document, draw)
    assert isinstance(result, dict)
    return result


def _parts(document: Document) -> Iterator[tuple[str, Document]]:
    spec = document["spec"]
    if document["kind"] == "InferenceEnvironment":
        for pool in spec["nodePools"]:
            yield from (("toleration", each) for each in pool.get("tolerations", []))
            yield "pool", pool
    elif document["kind"] == "ModelDeployment":
        yield "deployment", spec
    else:
        yield "model", spec
        yield from (("profile", each) for each in spec["serving"])


def _write_out_or_leave(part: Document, path: tuple[str, ...], default: object, draw: random.Random) -> None:
    """Write the default where nothing is written, or leave it out where it is; or neither."""
    *above, key = path
    for name in above:
        if not isinstance(part.get(name), dict):
            return
        part = part[name]
    # Only one of the two blocks may be there, and a slice has a profile.
    other_signal = key == "fixed" and part.get("signal") == "Concurrency"
    whole = "migConfiguration" in path[:-1] and not part.get("enabled")
    no_value = key == "value" and part.get("operator") == "Exists"
    if other_signal or whole or no_value or draw.random() < 0.5:
        return
    if key not in part:
        part[key] = deepcopy(default)
    elif part[key] == default:
        del part[key]


def _walk(value: object, draw: random.Random, key: str = "") -> object:
    if isinstance(value, dict):
        items = [(name, _walk(item, draw, name)) for name, item in value.items()]
        draw.shuffle(items)
        return Merged(items) if draw.random() < 0.1 else dict(items)
    if isinstance(value, list):
        entries = [_walk(item, draw) for item in value]
        if key in _SETS:
            draw.shuffle(entries)
        return entries
    if key in _AMOUNTS and value is not None:
        return draw.choice(list(spellings(value)))
    return value


def spellings(amount: object) -> Iterator[object]:
    """Yield ways of writing an amount, in Kubernetes' grammar of quantities."""
    text = str(amount)
    number = text.rstrip("KMGTimuk")
    suffix = text[len(number) :]
    value = Decimal(number) * (_BINARY.get(suffix) or _DECIMAL[suffix])
    yield text
    yield f"+{text}"
    yield f"{number}.{suffix}" if "." not in number else text
    yield f"{value:f}"
    yield f"{value:f}e0"
    yield f"{value / 1000:f}k"
    yield f"{value * 1000:f}m"
    if value == int(value):
        yield int(value)
        yield from (
            f"{value / size:f}{name}"
            for name, size in _BINARY.items()
            if name and (value / size * 10**6) % 1 == 0 and value > 2**20
        )
    else:
        yield float(value)


def _shared(value: Any, seen: dict[str, Any], draw: random.Random) -> Any:  # noqa: ANN401
    """Return `value` with some equal parts being one and the same, which YAML writes as anchor and aliases."""
    if isinstance(value, dict):
        for key in value:
            value[key] = _shared(value[key], seen, draw)
    elif isinstance(value, list):
        value[:] = [_shared(item, seen, draw) for item in value]
    else:
        return value
    known = seen.setdefault(repr(value), value)
    return known if draw.random() < 0.5 else value
