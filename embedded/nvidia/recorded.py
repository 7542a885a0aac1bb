"""What NVIDIA's components said of each layout: `recorded.json`, which `python -m embedded.nvidia` writes.

Labels that all nodes have are there once, and keys are without `nvidia.com/`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

RECORDED: Final = Path(__file__).with_name("recorded.json")
_PREFIX: Final = "nvidia.com/"


@dataclass(frozen=True)
class NvidiaNode:
    """What a node has of NVIDIA's components.

    Attributes:
        labels: The labels of GPU feature discovery; with GPUs of two models, every set that the node may get. None
            where GPU feature discovery fails, and the node keeps what it had.
        dropped: Labels that node feature discovery drops, for their values are too long.
        resources: The units of each resource that the device plugin registers.
        problem: Why the device plugin registers none, in its own words; None where it runs.
    """

    labels: tuple[Mapping[str, str], ...]
    dropped: Mapping[str, str]
    resources: Mapping[str, int]
    problem: str | None


@cache
def recorded_nodes() -> Mapping[str, NvidiaNode]:
    """Return what is recorded, by the names of `layouts`."""
    table = json.loads(RECORDED.read_text(encoding="utf-8"))
    common = table["common"]
    return {
        name: NvidiaNode(
            tuple(_keyed(common | labels) for labels in node["labels"]),
            _keyed(node.get("dropped", {})),
            {_PREFIX + key: units for key, units in node["resources"].items()},
            node.get("problem"),
        )
        for name, node in table["nodes"].items()
    }


def record(answers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of the table, given the answers of `toolchain/nvidia` by name: one line a node."""
    sets = [labels for answer in answers.values() for labels in answer["labels"]]
    common = dict(set.intersection(*({*labels.items()} for labels in sets)))
    nodes = {name: _without_common(answer, common) for name, answer in answers.items()}
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(node, sort_keys=True)}" for name, node in nodes.items())
    head = json.dumps(_unkeyed(common), sort_keys=True)
    return f'{{\n  "common": {head},\n  "nodes": {{\n{lines}\n  }}\n}}\n'


def _without_common(answer: Mapping[str, Any], common: Mapping[str, str]) -> dict[str, object]:
    labels: Sequence[Mapping[str, str]] = answer["labels"]
    own = [_unkeyed({key: value for key, value in each.items() if key not in common}) for each in labels]
    return {
        "labels": own,
        "resources": _unkeyed(answer["resources"]),
        **({"dropped": _unkeyed(answer["dropped"])} if answer.get("dropped") else {}),
        **({"problem": answer["resourcesError"]} if "resourcesError" in answer else {}),
    }


def _keyed(of: Mapping[str, str]) -> dict[str, str]:
    return {_PREFIX + key: value for key, value in of.items()}


def _unkeyed(of: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(_PREFIX): value for key, value in of.items()}
