"""Kubeconfigs of a control plane with credentials of their own, made through its API."""

from __future__ import annotations

import base64
from typing import Any

import yaml
from lightkube import Client
from lightkube.models.authentication_v1 import TokenRequestSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import RoleRef, Subject
from lightkube.resources.core_v1 import Namespace, Secret, ServiceAccount, ServiceAccountToken
from lightkube.resources.rbac_authorization_v1 import ClusterRoleBinding

from embedded.control_plane import ControlPlane

_NAMESPACE = "default"


def account_token(client: Client, name: str, *, admin: bool) -> str:
    """Return a token of the service account `name`, made if need be, that may do everything or nothing."""
    client.apply(ServiceAccount(metadata=ObjectMeta(name=name, namespace=_NAMESPACE)))
    if admin:
        client.apply(
            ClusterRoleBinding(
                metadata=ObjectMeta(name=name),
                roleRef=RoleRef(apiGroup="rbac.authorization.k8s.io", kind="ClusterRole", name="cluster-admin"),
                subjects=[Subject(kind="ServiceAccount", name=name, namespace=_NAMESPACE)],
            )
        )
    request = ServiceAccountToken(metadata=ObjectMeta(), spec=TokenRequestSpec(audiences=[]))
    answer = client.create(request, name, namespace=_NAMESPACE)
    assert answer.status
    assert answer.status.token
    return answer.status.token


def kubeconfig_of(plane: ControlPlane, *, token: str | None = None, **cluster: Any) -> str:  # noqa: ANN401 - YAML's
    """Return the control plane's kubeconfig with another token, and other fields of its cluster."""
    config = yaml.safe_load(plane.kubeconfig)
    config["clusters"][0]["cluster"] |= cluster
    if token:
        config["users"][0]["user"] = {"token": token}
    return yaml.safe_dump(config)


def authority(plane: ControlPlane) -> bytes:
    """Return the PEM of the control plane's authority."""
    return base64.b64decode(yaml.safe_load(plane.kubeconfig)["clusters"][0]["cluster"]["certificate-authority-data"])


def put_secret(client: Client, namespace: str, name: str, **data: bytes) -> None:
    """Write a Secret, and its namespace."""
    client.apply(Namespace(metadata=ObjectMeta(name=namespace)))
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    client.apply(Secret(metadata=ObjectMeta(name=name, namespace=namespace), data=encoded), force=True)
