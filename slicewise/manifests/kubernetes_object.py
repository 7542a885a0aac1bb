"""What a Kubernetes object is here."""

from __future__ import annotations

from typing import Any

# KServe's Python SDK has no class for this spec (checked in 0.20 and 0.21), so objects are plain dicts; in
# the tests the API server's schema judges them.
KubernetesObject = dict[str, Any]
