"""Rules of security contexts: Kubernetes and the kubelet take them."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.pod import ContainerSecurityContext, PodSecurityContext, SecurityProfile


def check_security_context(
    context: PodSecurityContext | ContainerSecurityContext, path: FieldPath
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the security context at `path`."""
    if context.run_as_non_root and context.run_as_user == 0:
        message = "this is the user root, and runAsNonRoot has the kubelet refuse to start it"
        yield Diagnostic.error(
            Code.POD_FIELD, message, "write runAsNonRoot: false, or another user", field=(*path, "runAsUser")
        )
    for name, profile in (("seccompProfile", context.seccomp_profile), ("appArmorProfile", context.app_armor_profile)):
        yield from _check_profile(profile, (*path, name))
    if isinstance(context, ContainerSecurityContext):
        yield from _check_administrator(context, path)


def _check_profile(profile: SecurityProfile | None, path: FieldPath) -> Iterator[Diagnostic]:
    if profile is None or (profile.type == "Localhost") == (profile.localhost_profile is not None):
        return
    if profile.localhost_profile is None:
        message, remedy = "type Localhost needs the profile's file", "write localhostProfile, or type: RuntimeDefault"
    else:
        message, remedy = f"type {profile.type} has no file", "leave it out, or write type: Localhost"
    yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=(*path, "localhostProfile"))


def _check_administrator(context: ContainerSecurityContext, path: FieldPath) -> Iterator[Diagnostic]:
    added = context.capabilities.add if context.capabilities else ()
    if "SYS_ADMIN" in added and not context.allow_privilege_escalation:
        # core validation: "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN".
        message = "SYS_ADMIN escalates privileges, and KServe's presets say allowPrivilegeEscalation: false"
        remedy = "leave it out, or write allowPrivilegeEscalation: true beside it"
        yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=(*path, "capabilities", "add"))
