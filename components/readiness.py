"""What `waitForReady` makes `pulumi up` wait for."""

from __future__ import annotations

import json
from typing import Final

from slicewise.manifests import KubernetesObject

# The weights of a large model are downloaded first, and KServe's startup probe alone allows ten minutes.
TIMEOUT_SECONDS: Final = 3600


def waiting(service: KubernetesObject) -> KubernetesObject:
    """Return `service` with the annotations that make Pulumi wait until it serves.

    KServe's own Ready lets a quarter of the replicas be missing, so where their number is fixed and each is one pod,
    all of them are waited for (KServe v0.20.0, status.workloads).
    """
    spec, metadata = service["spec"], service["metadata"]
    conditions = ["condition=Ready"]
    if spec.get("replicas") and "worker" not in spec:
        conditions.append(f"jsonpath={{.status.workloads.primary.readyReplicas}}={spec['replicas']}")
    annotations = metadata["annotations"] | {
        "pulumi.com/waitFor": json.dumps(conditions),
        "pulumi.com/timeoutSeconds": str(TIMEOUT_SECONDS),
    }
    return service | {"metadata": metadata | {"annotations": annotations}}
