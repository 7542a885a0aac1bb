"""Serving certificates for webhooks on this machine."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from embedded.probes import HOST
from embedded.secret_files import write_key

if TYPE_CHECKING:
    from pathlib import Path

_VALID = dt.timedelta(days=30)


def write_certificate(directory: Path) -> Path:
    """Create `tls.key` and a self-signed `tls.crt` for the loopback address in `directory`; returns the certificate.

    Clients trust it by having it as their authority.
    """
    directory.mkdir(parents=True)
    key = write_key(directory / "tls.key")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "embedded")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "tls.crt"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
