"""Namespaces that a plan's services need and a cluster does not have, and the commands that make them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from slicewise.clusters.live import NAMESPACE_KIND, OLDEST_NAMESPACE, ExistingObjects, ObjectName
from slicewise.diagnostics import are, counted
from slicewise.kubernetes import mapping

LET_THE_STACK: Final = "pulumi config set slicewise:createNamespaces true"
"""What to do for the stack to make namespaces, where no program decides it."""


def is_reserved(namespace: str) -> bool:
    """Return whether every cluster has the namespace, and it may not be deleted."""
    return namespace == "default" or namespace.startswith("kube-")


def creating(namespaces: Iterable[str]) -> str:
    """Return the commands that make them, to be copied as one: kubectl takes one name at a time."""
    return " && ".join(f"kubectl create namespace {name}" for name in namespaces)


def absent(existing: ExistingObjects, namespaces: Iterable[str]) -> tuple[str, ...]:
    """Return those that are not there, as far as this user may look."""
    asked = (name for name in sorted(namespaces) if name != OLDEST_NAMESPACE)
    return tuple(name for name in asked if existing.may_lack(ObjectName(NAMESPACE_KIND, "", name)))


def ending(existing: ExistingObjects, namespaces: Iterable[str]) -> tuple[str, ...]:
    """Return those that are being deleted: the API server makes nothing in them any more."""
    named = ((name, existing.objects.get(ObjectName(NAMESPACE_KIND, "", name))) for name in sorted(namespaces))
    return tuple(
        name for name, found in named if found and mapping(found.manifest.get("metadata")).get("deletionTimestamp")
    )


def absent_namespaces(namespaces: Sequence[str], let_the_stack: str) -> tuple[str, str]:
    """Return that namespaces are not there, and both ways to have them."""
    which = f"{counted(len(namespaces), 'namespace')} of the plan's deployments {are(len(namespaces))}"
    itself = "" if all(map(is_reserved, namespaces)) else f"; or let the stack make what is missing: {let_the_stack}"
    return f"{which} not there: {', '.join(namespaces)}", f"make what is missing: {creating(namespaces)}{itself}"


def ending_namespaces(namespaces: Sequence[str]) -> tuple[str, str]:
    """Return that namespaces are being deleted, and what to wait for."""
    which = f"{counted(len(namespaces), 'namespace')} of the plan's deployments {are(len(namespaces))}"
    they = "it is" if len(namespaces) == 1 else "they are"
    named = " ".join(f"namespace/{name}" for name in namespaces)
    return (
        f"{which} being deleted: {', '.join(namespaces)}",
        f"wait until {they} gone, and run this again: kubectl wait --for=delete --timeout=10m {named}",
    )
