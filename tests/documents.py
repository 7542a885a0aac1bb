"""Documents as short as a test can say them, and fleets made of them through the real models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from slicewise.documents import KINDS, Fleet, InferenceEnvironment, ModelDeployment, check_document
from slicewise.documents.fleet import AnyDocument, ModelKey, model_key
from slicewise.documents.quota import Quota
from slicewise.documents.rules.references import ReferenceCheck
from slicewise.documents.served_model import ClusterModel, Model
from slicewise.planning import (
    PreviousPlacement,
    Rejections,
    make_plan,
    parse_previous,
    plan_lists,
    plan_to_outputs,
    read_lists,
)

Document = dict[str, Any]

_CAPABILITIES = (
    *("memoryPerGpu", "interconnect", "precisionSupport", "multiNodeCapable", "nvlinkDomainSize", "interNodeBandwidth"),
    *("migConfiguration", "interNodeDevice"),
)
_REQUIREMENTS = (
    *("memoryPerGpu", "precisionSupport", "interconnect", "interNodeBandwidth", "nvlinkDomainSize", "mig"),
)


def _document(kind: str, metadata: Document, spec: Document) -> Document:
    return {"apiVersion": "modelplane.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def pool(name: str, **fields: object) -> Document:
    """Return a pool of one node with eight H100s; `fields` are its fields and those of its capabilities."""
    capabilities = {"memoryPerGpu": "80Gi"} | {key: fields.pop(key) for key in _CAPABILITIES if key in fields}
    return {
        "name": name,
        "nodeSelector": {"pool": name},
        "acceleratorType": "nvidia-h100-80gb",
        "acceleratorCount": 8,
        "capabilities": capabilities,
        **fields,
    }


def slices(name: str, profile: str, **fields: object) -> Document:
    """Return a pool whose GPUs are all cut into slices of `profile`, as large as the profile's name says."""
    memory = profile.removesuffix("+me").split(".")[1].removesuffix("gb") + "Gi"
    strategy = fields.pop("strategy", "mixed")
    mig = {"enabled": True, "profile": profile, "strategy": strategy}
    return pool(name, **{"memoryPerGpu": memory, "migConfiguration": mig} | fields)


def several(name: str, slices_of_a_node: Mapping[str, int], **fields: object) -> Document:
    """Return a pool whose nodes are cut in several profiles; `fields` are also those of its migConfiguration."""
    mig: Document = {"enabled": True, "slices": dict(slices_of_a_node)}
    mig |= {key: fields.pop(key) for key in ("wholeGpus", "reservedSlices", "memoryPerSlice") if key in fields}
    found = pool(name, **{"migConfiguration": mig} | fields)
    if "memoryPerGpu" not in fields:
        del found["capabilities"]["memoryPerGpu"]
    return found


def on_demand(name: str, profiles: Iterable[str], **fields: object) -> Document:
    """Return a pool whose GPUs are cut on demand; `fields` are also those of its migConfiguration."""
    mig: Document = {"enabled": True, "dynamic": True, "profiles": list(profiles)}
    mig |= {key: fields.pop(key) for key in ("wholeGpus", "reservedSlices", "memoryPerSlice") if key in fields}
    found = pool(name, **{"migConfiguration": mig, "allocation": "claim"} | fields)
    if "memoryPerGpu" not in fields:
        del found["capabilities"]["memoryPerGpu"]
    return found


def environment(name: str, *pools: Document, labels: Mapping[str, str] | None = None) -> Document:
    """Return an environment."""
    cluster = {"source": "Existing", "existing": {"secretRef": {"name": name}}}
    metadata = {"name": name, "labels": dict(labels or {})}
    return _document("InferenceEnvironment", metadata, {"cluster": cluster, "nodePools": list(pools)})


def profile(name: str, **fields: object) -> Document:
    """Return a serving profile; `fields` are those of its topology and its requirements, and `environmentSelector`."""
    requires = {key: fields.pop(key) for key in _REQUIREMENTS if key in fields}
    selector = {"matchLabels": fields.pop("environmentSelector", {})}
    return {"name": name, "environmentSelector": selector, "replicaTopology": {"requires": requires, **fields}}


def model(name: str, *profiles: Document, cpu: str = "4", memory: str = "16Gi") -> Document:
    """Return a ClusterModel; with one profile that asks for nothing special where none is given."""
    spec = {
        "model": {"name": name},
        "source": "HuggingFace",
        "huggingFace": {"repo": f"models/{name}"},
        "resources": {"cpu": cpu, "memory": memory},
        "serving": list(profiles) or [profile("any")],
    }
    return _document("ClusterModel", {"name": name}, spec)


def deployment(name: str, of: str, *, replicas: int = 1, namespace: str = "team", **fields: object) -> Document:
    """Return a deployment of the model called `of`; `fields` are those of its spec, selectors as plain labels."""
    for key in ("environmentSelector", "nodePoolSelector"):
        if key in fields:
            fields[key] = {"matchLabels": fields[key]}
    spec = {"modelRef": {"name": of}, "environments": 1, "scaling": {"fixed": {"replicas": replicas}}, **fields}
    return _document("ModelDeployment", {"name": name, "namespace": namespace}, spec)


def quota(name: str, limits: Document, **spec: object) -> Document:
    """Return a quota; `spec` has its other fields, selectors as plain labels."""
    for key in ("deploymentSelector", "environmentSelector", "nodePoolSelector"):
        if key in spec:
            spec[key] = {"matchLabels": spec[key]}
    return _document("Quota", {"name": name}, {**spec, "limits": limits})


def fleet_of(documents: Iterable[Document], *, checked: bool = True) -> Fleet:
    """Return the fleet of `documents`, sorted as loading sorts it.

    Args:
        documents: What is declared.
        checked: Whether all rules are run that loading runs; False for fleets that could not be loaded.
    """
    parsed = [KINDS[document["kind"]].model_validate(document) for document in documents]
    environments = [document for document in parsed if isinstance(document, InferenceEnvironment)]
    deployments = [document for document in parsed if isinstance(document, ModelDeployment)]
    quotas = [document for document in parsed if isinstance(document, Quota)]
    models = {}
    for document in parsed:
        if isinstance(document, ClusterModel | Model):
            namespace = document.metadata.namespace if isinstance(document, Model) else ""
            models[ModelKey(document.kind, namespace, document.metadata.name)] = document.spec
    fleet = Fleet(
        environments=tuple(sorted(environments, key=lambda item: item.metadata.name)),
        models=models,
        deployments=tuple(sorted(deployments, key=lambda item: (item.metadata.namespace, item.metadata.name))),
        quotas=tuple(sorted(quotas, key=lambda item: item.metadata.name)),
    )
    if checked:
        names = Counter((document.kind, str(document.metadata)) for document in parsed)
        mistakes = [str(name) for name, count in names.items() if count > 1]
        mistakes += refusals(parsed, fleet)
        assert not mistakes, "no such fleet can be loaded:\n" + "\n".join(mistakes)
    return fleet


def refusals(documents: Iterable[AnyDocument], fleet: Fleet) -> list[str]:
    """Return what keeps `documents`, which are those of `fleet`, from being loaded: every rule that loading runs."""
    alone = [(document, finding) for document in documents for finding in check_document(document)]
    references = ReferenceCheck(set(fleet.models))
    dangling = [
        (deployment, finding)
        for deployment in fleet.deployments
        for finding in references.check(model_key(deployment), deployment.metadata.namespace)
    ]
    found = [*alone, *dangling]
    return [f"{document.kind} {document.metadata.name}: {finding}" for document, finding in found if finding.is_error]


def plan_of(documents: Iterable[Document], previous: Document | None = None) -> Document:
    """Return the JSON data of the plan for `documents`, with the JSON data of an earlier plan as `previous`."""
    return fleet_and_plan(documents, previous)[1]


def fleet_and_plan(documents: Iterable[Document], previous: Document | None = None) -> tuple[Fleet, Document]:
    """Return the fleet of `documents` and what `plan_of` has of it."""
    fleet = fleet_of(documents)
    return fleet, planned_after(fleet, previous) if previous else planned(fleet)


def planned_after(fleet: Fleet, previous: Document) -> Document:
    """Return the JSON data of the plan for `fleet`, with the JSON data of an earlier plan as `previous`."""
    return planned(fleet, parse_previous(previous["placements"], "previous"))


def planned(fleet: Fleet, previous: Iterable[PreviousPlacement] = ()) -> Document:
    """Return the JSON data of the plan for `fleet`."""
    plan = make_plan(fleet, previous)
    return read_lists(plan_lists(fleet, plan, Rejections(fleet, plan)))


def planned_outputs(fleet: Fleet, previous: Iterable[PreviousPlacement] = ()) -> Document:
    """Return a stack's outputs of the plan for `fleet`."""
    plan = make_plan(fleet, previous)
    return plan_to_outputs(fleet, plan, Rejections(fleet, plan))


def places(plan: Document) -> list[tuple[str, str, str, str]]:
    """Return (deployment, environment, pool, profile) of every placement of a plan, or of outputs, in its order."""
    placements = plan["placements"]
    return [
        (item["deployment"]["name"], item["environment"], item["nodePool"], item["profile"])
        for item in (placements.values() if isinstance(placements, dict) else placements)
    ]


def rejections(plan: Document, name: str) -> list[tuple[str, str | None, str | None, str]]:
    """Return (environment, pool, profile, code) of every rejection of the deployment called `name`."""
    return [
        (item["environment"], item["nodePool"], item["profile"], item["code"])
        for shortfall in plan["shortfalls"]
        if shortfall["deployment"]["name"] == name
        for item in each_rejection(plan, shortfall)
    ]


def each_rejection(plan: Document, shortfall: Document | None = None) -> list[Document]:
    """Return the rejections of one shortfall of a plan, or of all, one by one, as docs/placement.md says."""
    usages = plan["nodePools"]
    pools = Counter((usage["environment"], usage["nodePool"]) for usage in usages)
    found: list[Document] = []
    for each in [shortfall] if shortfall else plan["shortfalls"]:
        mine: dict[tuple[str, ...], Document] = {}
        for group in each["rejections"]:
            reason = {key: group[key] for key in ("profile", "code", "message", "facts")}
            for usage in map(usages.__getitem__, plan["poolSets"][group["pools"]]):
                environment, pool = usage["environment"], usage["nodePool"]
                resource = {"resource": usage["resource"]} if pools[environment, pool] > 1 else {}
                place = {"environment": environment, "nodePool": pool, **resource}
                if group["profile"] is None:
                    place = {"environment": environment, "nodePool": None}
                mine[environment, place["nodePool"] or "", place.get("resource", ""), group["profile"] or ""] = {
                    **place,
                    **reason,
                }
        found += (mine[name] for name in sorted(mine))
    return found
