"""What cluster-autoscaler says of its node groups: the text of the ConfigMap `cluster-autoscaler-status`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from slicewise.clusters.live.facts import NodeGroupBounds
from slicewise.sources import read_plain

_YAML: Final = re.compile(r"^nodeGroups:", re.MULTILINE)
# Up to 1.29 it is prose: `Name: nodes-a` and, lines later, `Health: Healthy (... (minSize=1, maxSize=5))`.
_NAME: Final = re.compile(r" *Name: +(?P<name>\S+)")
_SIZES: Final = re.compile(r"\(minSize=(?P<smallest>[0-9]{1,9}), maxSize=(?P<largest>[0-9]{1,9})")


def parse_status(text: str) -> tuple[NodeGroupBounds, ...]:
    """Return the bounds of every node group, by name.

    Since 1.30 the status is YAML (kubernetes/autoscaler, clusterstate/api/types.go), before that prose.

    Args:
        text: The key `status` of the ConfigMap. Text that is not a status has no node groups.
    """
    # Prose of 100,000 lines takes two seconds to be refused as YAML.
    groups = _structured(text) if _YAML.search(text) else list(_prose(text))
    return tuple(sorted(groups, key=lambda each: each.group))


def _prose(text: str) -> Iterator[NodeGroupBounds]:
    """Yield each group with the first bounds after its name; a line is looked at once."""
    name: str | None = None
    for line in text.splitlines():
        named, sizes = _NAME.fullmatch(line.rstrip()), _SIZES.search(line)
        if named:
            name = named["name"]
        elif sizes and name:
            yield NodeGroupBounds(name, int(sizes["smallest"]), int(sizes["largest"]))
            name = None


def _structured(text: str) -> list[NodeGroupBounds]:
    try:
        (status,) = read_plain(text)
    except ValueError:
        return []
    groups = status.get("nodeGroups") if isinstance(status, dict) else None
    found = [_bounds(group) for group in groups] if isinstance(groups, list) else []
    return [bounds for bounds in found if bounds is not None]


def _bounds(group: object) -> NodeGroupBounds | None:
    health = group.get("health") if isinstance(group, dict) else None
    if not isinstance(group, dict) or not isinstance(health, dict):
        return None
    name, smallest, largest = group.get("name"), health.get("minSize"), health.get("maxSize")
    if not isinstance(name, str) or type(smallest) is not int or type(largest) is not int:
        return None
    return NodeGroupBounds(name, smallest, largest)
