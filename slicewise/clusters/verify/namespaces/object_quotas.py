"""Whether ResourceQuotas leave room for the objects of a plan: its services, and what KServe makes of them.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-on-object-count (`count/<resource>.<group>`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from slicewise.clusters.live import LiveService, ResourceQuota
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import mapping
from slicewise.manifests import named_templates

_SERVICES: Final = "count/llminferenceservices.serving.kserve.io"
_OF_ONE_NODE: Final = "count/deployments.apps"
_OF_SEVERAL_NODES: Final = "count/leaderworkersets.leaderworkerset.x-k8s.io"
_TEMPLATES: Final = "count/resourceclaimtemplates.resource.k8s.io"


def check_object_quotas(
    namespace: str, quotas: Sequence[ResourceQuota], expected: Sequence[PlannedService], there: Collection[LiveService]
) -> Iterator[Found]:
    """Yield the quotas that refuse a service of the plan, or what KServe makes of it.

    Args:
        namespace: The namespace.
        quotas: Its quotas.
        expected: The services that the plan wants there, or an earlier one did.
        there: Those of the plan's own services that are there.
    """
    present = {each.name: _keys(each.spec) for each in there}
    new = {
        each.key[1]: (str(each.deployment), _keys(each.declared["spec"]) - present.get(each.key[1], Counter()))
        for each in expected
        if each.key[0] == namespace and each.declared is not None
    }
    for quota in quotas:
        for key in (_SERVICES, _OF_ONE_NODE, _OF_SEVERAL_NODES, _TEMPLATES):
            added = sorted(name for name, keys in new.values() if key in keys)
            more = sum(keys[key] for _, keys in new.values())
            # A quota that has just been made does not say yet what is used.
            used = max(quota.used.get(key, Decimal(0)), Decimal(sum(keys[key] for keys in present.values())))
            if added and key in quota.hard and used + more > quota.hard[key]:
                needs = "one more" if more == len(added) else f"{more} more together"
                needs = f"needs {needs}" if len(added) == 1 else f"need {needs}{' each' if more == len(added) else ''}"
                yield Found(
                    Code.RESOURCE_QUOTA,
                    Severity.ERROR,
                    f"quota {quota.name} of namespace {namespace}: {key} is limited to {quota.hard[key]:f}, {used:f} "
                    f"are there, and {some(added)} {needs}",
                    f"raise {key} of the quota to {used + more:f}",
                    facts={"limit": int(quota.hard[key]), "used": int(used), "added": more},
                )


def _keys(spec: Mapping[str, Any]) -> Counter[str]:
    """Return what a service counts for: KServe makes another workload of several nodes, and one more for prefill.

    What its pods have claims of is made beside it.
    """
    workloads = [spec, *([mapping(spec["prefill"])] if spec.get("prefill") is not None else [])]
    made = (_OF_SEVERAL_NODES if each.get("worker") is not None else _OF_ONE_NODE for each in workloads)
    return Counter([_SERVICES, *made, *([_TEMPLATES] * len(named_templates({"spec": spec})))])
