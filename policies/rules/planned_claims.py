"""What the pods of a placement claim, where its pool has `allocation: claim`, against what the plan gave it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.rules.reading import Field, NameInCluster, Pod, pod_requests
from policies.rules.rule_types import Finding, Outcome, Resource
from slicewise.manifests import claims_units

# As documents write it.
_BY_CLAIM: Final = "claim"
_BACK: Final = "take the change back, or change the documents"

Templates = Mapping[NameInCluster, Field]
"""The specs of a stack's ResourceClaimTemplates."""


def is_claimed(placement: Field) -> bool:
    """Return whether the pods of a workload of the plan get their slices or GPUs by claims."""
    return placement["allocation"].text() == _BY_CLAIM


def claim_differences(
    placement: Field, service: Resource, name: NameInCluster, pod: Pod, templates: Templates
) -> Iterator[Outcome]:
    """Yield what a pod of a service called `name` claims otherwise than the plan says of its workload."""
    resource, count = placement["resource"].text() or "", placement["gpusPerNode"].number() or 1
    gave = f"the plan gave it {resource}: {count} by a claim"
    for request in pod_requests(pod):
        yield Finding(request.amount.path, f"asks for {request.name} where {gave}", _BACK, service.urn)
    claims = pod.spec["resourceClaims"].elements()
    used = {each["name"].text() for each in (pod.main["resources"]["claims"].elements() if pod.main else ())}
    mine = [each for each in claims if each["name"].text() in used]
    if len(mine) != 1:
        problem = f"the engine uses {len(mine)} claims of its pod where {gave}"
        yield Finding(pod.spec["resourceClaims"].path, problem, _BACK, service.urn)
        return
    template = mine[0]["resourceClaimTemplateName"]
    found = templates.get(NameInCluster(name.cluster, name.namespace, template.text() or ""))
    if found is None:
        problem = f"the stack has no ResourceClaimTemplate {template.text()}, and its pods wait for it"
        yield Finding(template.path, problem, _BACK, service.urn)
    elif not _is_for(found, resource, count):
        problem = f"ResourceClaimTemplate {template.text()} is for something else where {gave}"
        yield Finding(template.path, problem, _BACK, service.urn)


def _is_for(spec: Field, resource: str, count: int) -> bool:
    plain: Any = spec["spec"]["devices"]["requests"].plain()
    return isinstance(plain, list) and len(plain) == 1 and claims_units(plain[0].get("exactly") or {}, resource, count)
