"""Serving certificates for webhooks on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trustme

from embedded.probes import HOST
from embedded.secret_files import write_secret

if TYPE_CHECKING:
    from pathlib import Path


def write_certificate(directory: Path) -> Path:
    """Create `tls.key` and `tls.crt` for the loopback address in `directory`; returns the certificate.

    Its authority comes after it in the same file, so that clients trust it by having that file as their authority.
    """
    directory.mkdir(parents=True)
    authority = trustme.CA()
    issued = authority.issue_cert(HOST)
    write_secret(directory / "tls.key", issued.private_key_pem.bytes().decode())
    path = directory / "tls.crt"
    path.write_bytes(b"".join(each.bytes() for each in (*issued.cert_chain_pems, authority.cert_pem)))
    return path
