"""What is said of environments that leave: what must not be deleted with them, and what must be known."""

from __future__ import annotations

from typing import Final

from slicewise.clusters.live import ObjectName
from slicewise.diagnostics import Code, Diagnostic, Subject
from slicewise.manifests import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
)

_ROLE: Final = "docs/kubeconfigs.md (What the credential may do)"


def deleted_under(old: str, name: str, item: ObjectName, urn: str, *, certain: bool) -> Diagnostic:
    """Return what is wrong where one `pulumi up` would apply an object and delete it under another environment's name.

    Pulumi cannot move it: an object of another provider is replaced.

    Args:
        old: The environment under which the stack's state has it.
        name: The environment that it is declared in.
        item: The object.
        urn: What the state has.
        certain: Whether it is known that the two are one cluster.
    """
    forget = f"pulumi state delete --target-dependents '{urn}'"
    if certain:
        message = (
            f"{item} in environment {name} is the one that this stack has in environment {old}, which is declared no "
            f"more: both are one cluster, and it would be deleted with {old}. Have this stack forget that (the service "
            f"stays, and the next `pulumi up` has it in {name}): {forget}"
        )
    else:
        message = (
            f"{item} is declared in environment {name}, and the stack has it as one of environment {old}, where this "
            "`pulumi up` would delete it: both may be one cluster, and then it would be gone. If they are two, put "
            f"environment {old} back, give both credentials the rights of {_ROLE}, and run `pulumi up` before it "
            f"leaves. If they are one, have the stack forget it there: {forget}"
        )
    subject = Subject("ModelDeployment", item.name, item.namespace)
    return Diagnostic.error(Code.ONE_OBJECT_TWICE, message, field="metadata.name", subject=subject)


def leaves_for_another(old: str, item: ObjectName, stack: str, urn: str) -> Diagnostic:
    """Return what is wrong where an object would be deleted with its environment, and is not the stack's any more.

    Args:
        old: The environment that leaves.
        item: The object.
        stack: Whose it is; empty where somebody has made it under the name of one that the stack had.
        urn: What the stack's state has.
    """
    whose = f"belongs to stack {stack} now" if stack else "is not the one that this stack made"
    message = (
        f"{item} in environment {old}, which is no longer declared, {whose}, and this stack would delete it. Have this "
        f"stack forget it: pulumi state delete --target-dependents '{urn}'"
    )
    subject = Subject("ModelDeployment", item.name, item.namespace)
    return Diagnostic.error(Code.LEAVES_FOR_ANOTHER, message, field="metadata.name", subject=subject)


def renamed_halfway(name: str, other: str) -> Diagnostic:
    """Return what is wrong where a rename from `name` to `other` broke off, and the documents have `name` again."""
    message = (
        f"an update that was killed had begun to rename it to {other}, and the stack's state has what it is reached by "
        f"under that name: Pulumi would delete what it has under {name}. Call it {other} in the documents again, run "
        "`pulumi up`, and rename it then"
    )
    return Diagnostic.error(
        Code.RENAMED_HALFWAY, message, field="metadata.name", subject=Subject("InferenceEnvironment", name)
    )


def leaves(name: str, *, asked: bool) -> Diagnostic:
    """Return what must be known of an environment that is no longer declared, and had services."""
    not_asked = "" if asked else "; its cluster is not asked whose they are"
    message = f"it is no longer declared, so its services are deleted{not_asked}"
    return Diagnostic.warning(Code.ENVIRONMENT_LEAVES, message, subject=Subject("InferenceEnvironment", name))


def given_up(name: str) -> Diagnostic:
    """Return what must be known of an environment that leaves, and whose cluster is taken for gone."""
    message = (
        "it is no longer declared, and PULUMI_K8S_DELETE_UNREACHABLE is set, so the stack forgets what it has there "
        "without asking its cluster. If that cluster comes back, what runs there continues unnoticed: delete "
        f"it by hand (kubectl delete llminferenceservices -A -l {MANAGED_BY_LABEL}={MANAGED_BY})"
    )
    return Diagnostic.warning(Code.LEAVES_UNASKED, message, subject=Subject("InferenceEnvironment", name))
