"""Kubeconfigs as short as a test can say them, and certificates for them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

CANARY = "canary-token-93b1"
SERVER = "https://example.test:6443"


def kubeconfig(**changes: object) -> dict[str, Any]:
    """Return a kubeconfig that can be used; `changes` are its parts."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me"}}],
        "clusters": [{"name": "one", "cluster": {"server": SERVER}}],
        "users": [{"name": "me", "user": {"token": CANARY}}],
        **changes,
    }


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


def certificate(end: datetime) -> tuple[str, str]:
    """Return a certificate that is valid until `end`, and its key, as kubeconfigs have them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ana")])
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC) - timedelta(days=1))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return encoded(made.public_bytes(serialization.Encoding.PEM)), encoded(pem)
