"""What a pod waits for that has a claim which nobody has made; as Kubernetes 1.34.2 and 1.37.2 leave such a pod."""

from __future__ import annotations

from typing import Any

from slicewise.clusters.readiness.pod_waits import waits_for


def pod(*made: str, node: str | None = None) -> dict[str, Any]:
    claims = [{"name": "gpu", "resourceClaimTemplateName": "t"}, {"name": "nic", "resourceClaimName": "shared"}]
    statuses = [{"name": name, "resourceClaimName": f"p-{name}"} for name in made]
    spec = {"resourceClaims": claims} | ({"nodeName": node} if node else {})
    return {"metadata": {"name": "p"}, "spec": spec, "status": {"phase": "Pending", "resourceClaimStatuses": statuses}}


def test_the_template_of_a_claim_that_is_not_made_is_named() -> None:
    said = waits_for(pod())
    assert said is not None
    assert said.startswith(
        "without a node: its claim of the ResourceClaimTemplate t is not made: the template is missing"
    )


def test_one_whose_claim_is_made_or_that_has_a_node_waits_for_something_else() -> None:
    assert waits_for(pod("gpu")) == "Pending, but not Ready"
    assert waits_for(pod(node="n")) == "Pending, but not Ready"
