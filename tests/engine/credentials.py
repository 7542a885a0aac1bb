"""Kubeconfigs of a control plane with credentials of their own, made through its API."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, Final

import yaml
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lightkube import Client
from lightkube.models.authentication_v1 import TokenRequestSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import RoleRef, Subject
from lightkube.resources.core_v1 import Namespace, Secret, ServiceAccount, ServiceAccountToken
from lightkube.resources.rbac_authorization_v1 import ClusterRoleBinding

from embedded.control_plane import ControlPlane

_NAMESPACE = "default"
# As `--service-account-issuer` of the embedded control plane says.
_ISSUER: Final = "https://kubernetes.default.svc"


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


def expired_token(plane: ControlPlane, client: Client, name: str) -> str:
    """Return a token of the service account `name`, made if need be, as the server has signed it, that is over."""
    account_token(client, name, admin=True)
    account = client.get(ServiceAccount, name, namespace=_NAMESPACE).metadata
    assert account
    now = int(time.time())
    claims = {
        "iss": _ISSUER,
        "aud": [_ISSUER],
        "sub": f"system:serviceaccount:{_NAMESPACE}:{name}",
        "iat": now - 7200,
        "nbf": now - 7200,
        "exp": now - 3600,
        "kubernetes.io": {"namespace": _NAMESPACE, "serviceaccount": {"name": name, "uid": account.uid}},
    }
    key = serialization.load_pem_private_key((plane.kubeconfig_path.parent / "service-account.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "ES256"}, claims))
    first, second = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_encoded(first.to_bytes(32, 'big') + second.to_bytes(32, 'big'))}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
