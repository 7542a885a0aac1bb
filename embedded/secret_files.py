"""Files that only their owner can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from pathlib import Path


def write_secret(path: Path, text: str) -> Path:
    """Create `path` with mode 0600 before anything is in it, write `text`, and return the path."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text)
    return path


def write_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Create a private key in PEM at `path` and return it.

    The API server takes the same file for signing service account tokens and for verifying them.
    """
    # An elliptic curve, because an RSA key takes a noticeable part of the start-up to generate; in SEC 1, because the
    # server does not find the public half in PKCS #8.
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    write_secret(path, pem.decode())
    return key
