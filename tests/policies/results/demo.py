"""The demo stack: its documents, its objects, and where a text is in its files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from slicewise.diagnostics import Place
from slicewise.documents import load_fleet
from slicewise.manifests import KubernetesObject, placement_objects
from slicewise.planning import make_plan

CHECKOUT = Path(__file__).resolve().parents[3]
MANIFESTS = CHECKOUT / "stacks/demo"


@cache
def service(name: str) -> KubernetesObject:
    """Return the service of a placement: environment/namespace/deployment."""
    fleet = load_fleet([str(MANIFESTS)])
    placements = make_plan(fleet).placements
    found = next(item for item in placements if f"{item.environment}/{item.deployment}" == name)
    return placement_objects(fleet, found)[0]


def at(file: str, *texts: str) -> Place:
    """Return where the last of `texts` begins, searched from where the one before it begins."""
    content = (MANIFESTS / file).read_text(encoding="utf-8")
    index = 0
    for text in texts:
        index = content.index(text, index)
    line = content.count("\n", 0, index) + 1
    return Place(f"stacks/demo/{file}", line, index - content.rfind("\n", 0, index))
