"""What services name in namespaces that are not there yet: it is not there either, and pods would wait for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from slicewise.clusters.live import LiveCluster, ObjectName
from slicewise.diagnostics import Found, Severity

# Kubernetes makes these in every namespace (kube-controller-manager: serviceaccount, root-ca-certificate-publisher).
_IN_EVERY_NAMESPACE: Final = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})


def lacks_namespace_of(cluster: LiveCluster, name: ObjectName) -> bool:
    """Return whether an object is in a namespace that is not there."""
    return bool(name.namespace) and cluster.lacks_namespace(name.namespace)


def comes_with_namespace(name: ObjectName) -> bool:
    """Return whether Kubernetes makes the object in every namespace."""
    return (name.kind, name.name) in _IN_EVERY_NAMESPACE


def which_is_missing(cluster: LiveCluster, name: ObjectName) -> str:
    """Return the words that say that an object is missing."""
    if lacks_namespace_of(cluster, name):
        return f"which is not there, as namespace {name.namespace} is not there yet"
    return "which is not there"


def told_beforehand(missing: Found, name: ObjectName) -> Found:
    """Return what is said of a missing object whose namespace is missing too.

    A warning: where the stack creates the namespace, nobody can have made the object, and `pulumi up` does as planned.

    Args:
        missing: What is said of it where its namespace is there.
        name: The object.
    """
    remedy = (
        f"before `pulumi up`: kubectl create namespace {name.namespace}, and create {name.kind} {name.name} in it; the "
        "stack uses a namespace that is there, with createNamespaces too"
    )
    return replace(missing, severity=Severity.WARNING, remedy=remedy)
