"""Messages of pods, workloads and Pulumi have their rows: as Kubernetes 1.34 and 1.37 and Pulumi 3.259 wrote them."""

from __future__ import annotations

import pytest

from tests.unit.docs.troubleshooting import rows_for

FAILED = 'pods cannot be made: FailedCreate: pods "chat-kserve-6d5" is forbidden:'
PENDING = "1 pod without a node: 0/5 nodes are available:"
MESSAGES = {
    "no slice": (f"{PENDING} 1 Insufficient nvidia.com/mig-3g.40gb, 4 node(s) didn't match.", "reservedUnits"),
    "no DeviceClass": (f"{PENDING} 5 Insufficient nvidia.com/mig-3g.40gb.", "kubectl get deviceclass"),
    "no address left": (f"{PENDING} 1 Too many pods, 4 node(s) didn't match.", "maxPods"),
    "taint": (f"{PENDING} 5 node(s) had untolerated taint(s).", "tolerations"),
    "quota": (
        (
            f"{FAILED} exceeded quota: q, requested: requests.nvidia.com/mig-1g.10gb=1, used: "
            "requests.nvidia.com/mig-1g.10gb=3, limited: requests.nvidia.com/mig-1g.10gb=3"
        ),
        "replicas + 1",
    ),
    "quota that wants to be told": (
        f"{FAILED} failed quota: q: must specify limits.cpu for: istio-proxy",
        "LimitRange",
    ),
    "pod security": (
        (
            f'{FAILED} violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container '
            '"storage-initializer" must set securityContext.allowPrivilegeEscalation=false)'
        ),
        "SW626",
    ),
    "limit": (f"{FAILED} maximum memory usage per Container is 8Gi, but limit is 16Gi", "SW627"),
    "limit of a pod": (f"{FAILED} maximum cpu usage per Pod is 2, but limit is 4", "SW627"),
    "ratio": (f"{FAILED} cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000", "SW627"),
    "quota of claims": (
        (
            '1 pod without a node: running PreBind plugin "DynamicResources": create claim for extended resources q2/: '
            "resourceclaims.resource.k8s.io is forbidden: exceeded quota: q"
        ),
        "raise it",
    ),
    "attribute of a device": (
        (
            '1 pod without a node: running "DynamicResources" filter plugin: claim default/c: selector #0 on device '
            "gpu.nvidia.com/dra-0/odd: CEL runtime error: no such key: profile. consider using CEL optional chaining"
        ),
        "guard the expression",
    ),
    "conflict": (
        (
            'the Kubernetes API server reported that "team/chat" failed to fully initialize or become live: '
            'Server-Side Apply field conflict detected. conflict with "kubectl-edit" using '
            "serving.kserve.io/v1alpha2: .spec.replicas"
        ),
        "`pulumi up` again",
    ),
    "deleted": (
        'update of resource urn:x failed: llminferenceservices.serving.kserve.io "two" not found',
        "`pulumi up` again",
    ),
    "deleted, waited for": ("there is no such LLMInferenceService: somebody deleted it", "`pulumi up` again"),
    "replicas by hand": ("3 replicas where 2 are wanted", "`pulumi up` again"),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_a_real_message_has_a_row_with_its_remedy(case: str) -> None:
    message, remedy = MESSAGES[case]
    assert any(remedy in row for row in rows_for(message)), rows_for(message)


def test_a_message_of_something_else_has_none() -> None:
    assert rows_for("everything is as it should be") == []
