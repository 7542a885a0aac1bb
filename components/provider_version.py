"""Which version of Pulumi's Kubernetes provider the program asks for."""

from __future__ import annotations

import os
from typing import Final

VARIABLE: Final = "SLICEWISE_KUBERNETES_PROVIDER_VERSION"


def provider_version() -> str | None:
    """Return the version that `make` has built and put on PATH; None for the one that the Python SDK belongs to.

    The engine takes a provider on PATH whatever the program asks for, and warns where that is not what it gets.
    """
    return os.environ.get(VARIABLE) or None
