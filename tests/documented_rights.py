"""The roles that docs/kubeconfigs.md has, and an account that has exactly some rights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import RoleRef, Subject
from lightkube.resources.core_v1 import Namespace
from lightkube.resources.rbac_authorization_v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from lightkube.types import PatchType

from embedded.control_plane import ControlPlane
from slicewise.clusters.live import Right
from tests.engine.credentials import account_token, kubeconfig_of

_PAGE: Final = Path(__file__).parents[1] / "docs" / "kubeconfigs.md"
_NAME: Final = "slicewise"
_ACCOUNT: Final = "restricted"


def documented() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the Role and the ClusterRole of the page, as they are written there."""
    section = _PAGE.read_text(encoding="utf-8").partition("## What the credential may do")[2].partition("\n## ")[0]
    role, cluster_role = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL))
    assert (role["kind"], cluster_role["kind"]) == ("Role", "ClusterRole")
    return role, cluster_role


@dataclass(frozen=True)
class Account:
    """A service account that has the rights that it is given, and those that everybody has.

    Attributes:
        client: A client that may do everything.
        kubeconfig: The account's own.
    """

    client: Client
    kubeconfig: str

    @classmethod
    def create(cls, plane: ControlPlane, client: Client) -> Account:
        """Make it, if need be; it has no rights yet."""
        return cls(client, kubeconfig_of(plane, token=account_token(client, _ACCOUNT, admin=False)))

    def is_granted(self, rules: Iterable[dict[str, Any]], namespace: str | None) -> None:
        """Give it these rules and no others in a namespace; in the whole cluster where that is None."""
        how: dict[str, Any] = {"patch_type": PatchType.APPLY, "force": True}
        metadata = {"name": _NAME} | ({"namespace": namespace} if namespace else {})
        written = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": metadata, "rules": list(rules)}
        subjects = [Subject(kind="ServiceAccount", name=_ACCOUNT, namespace="default")]
        own = ObjectMeta(name=_NAME, namespace=namespace)
        if namespace is None:
            self.client.patch(ClusterRole, _NAME, {**written, "kind": "ClusterRole"}, **how)
            reference = RoleRef(apiGroup="rbac.authorization.k8s.io", kind="ClusterRole", name=_NAME)
            self.client.apply(ClusterRoleBinding(metadata=own, roleRef=reference, subjects=subjects))
            return
        self.client.apply(Namespace(metadata=ObjectMeta(name=namespace)))
        self.client.patch(Role, _NAME, {**written, "kind": "Role"}, namespace=namespace, **how)
        reference = RoleRef(apiGroup="rbac.authorization.k8s.io", kind="Role", name=_NAME)
        self.client.apply(RoleBinding(metadata=own, roleRef=reference, subjects=subjects))

    def may(self, rights: Iterable[Right]) -> None:
        """Give it these rights and no others, wherever it had some before."""
        rights = [*rights]
        roles = [each.metadata for each in self.client.list(Role, namespace="*") if each.metadata]
        before = {each.namespace for each in roles if each.name == _NAME}
        for namespace in {None, *before, *(each.namespace for each in rights)}:
            here = [each for each in rights if each.namespace == namespace]
            rules = [{"apiGroups": [each.group], "resources": [each.resource], "verbs": [each.verb]} for each in here]
            self.is_granted(rules, namespace)
