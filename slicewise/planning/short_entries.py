"""A placement of a plan in a stack's outputs: a text where the plan's JSON has a mapping, so that it takes few lines.

Pulumi prints the outputs' map of placements whole when one of them changes, and every key of it on a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from slicewise.mig import canonical_profile_name

# Quoted are spaces, which stand between parts, and what is not ASCII.
_PLAIN: Final = "/:@#+=,~!*()[]{}<>?&;|$^'\""
ADDRESSES: Final = ("inCluster", "external", "direct")
"""The keys of a placement's `endpoint`, of which those that are known are in outputs."""


def short_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a placement of the plan's JSON as outputs have it; what has that form already stays as it is.

    `resource` is its name (the count is `gpusPerNode`), `migProfile` is left out where that name has it, and the
    addresses of `endpoint` are among the other keys. What is null is left out: Pulumi drops it from a state that is
    read back.
    """
    endpoint, resource, prefill = entry.get("endpoint"), entry.get("resource"), entry.get("prefill")
    short = {key: value for key, value in entry.items() if key != "endpoint"}
    if isinstance(resource, Mapping):
        short["resource"] = resource.get("name")
    if "migProfile" in short and short["migProfile"] == _profile_in(short.get("resource")):
        del short["migProfile"]
    if isinstance(prefill, Mapping):
        short["prefill"] = short_entry(prefill)
    if isinstance(endpoint, Mapping):
        short |= {key: endpoint[key] for key in ADDRESSES if endpoint.get(key) is not None}
    return short


def full_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a placement of outputs with mappings as the plan's JSON has them; those of that JSON stay as they are."""
    full = dict(entry)
    if isinstance(resource := entry.get("resource"), str):
        full["resource"] = {"name": resource}
        full.setdefault("migProfile", _profile_in(resource))
    if isinstance(parts := entry.get("parts"), str):
        full["parts"] = parts_of_line(parts)
    if "endpoint" not in entry:
        full["endpoint"] = {key: entry[key] for key in ADDRESSES if key in entry}
    return full


def _profile_in(resource: object) -> str | None:
    """Return the profile that a resource is named after: `1g.10gb+me` of `nvidia.com/mig-1g.10gb.me`."""
    if not isinstance(resource, str) or not resource.startswith("nvidia.com/mig-") or resource.endswith(".shared"):
        return None
    return canonical_profile_name(resource)


def line_of_parts(parts: Mapping[str, str]) -> str:
    """Return what a service is made of as one line: `image=vllm/vllm-openai:v0.22.0 replicas=2 pod=#d313a8a5`."""
    return " ".join(f"{name}={quote(text, safe=_PLAIN)}" for name, text in parts.items())


def parts_of_line(line: str) -> dict[str, str]:
    """Return the parts that `line_of_parts` wrote."""
    pairs = (each.partition("=") for each in line.split())
    return {name: unquote(text) for name, _, text in pairs}
