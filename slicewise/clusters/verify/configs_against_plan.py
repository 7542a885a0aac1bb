"""What configs of `baseRefs` ask for that the plan does not know of.

KServe v0.20 merges the configs, then the service: containers by name, resources and node labels one by one. What the
service says wins; what only a config says stands, and the plan has not counted it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from slicewise.clusters.live import LiveCluster, ObjectName
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import Amounts, containers_of, items, mapping, pod_resources, shown_amount, text
from slicewise.manifests import CONFIG_KIND, is_chosen
from slicewise.mig import is_gpu_resource
from slicewise.planning import ChargedPool, PlannedCharge

_LEAVE_OUT: Final = "leave it out of the config; nodes, replicas, slices and workloads are the documents' to say"
_PARTS: Final = ("template", "worker")


class _Said(NamedTuple):
    """What one config says against the plan."""

    what: str
    severity: Severity = Severity.ERROR
    remedy: str = _LEAVE_OUT


@dataclass(frozen=True, slots=True)
class _Config:
    name: ObjectName
    spec: Mapping[str, Any]


def check_configs(
    cluster: LiveCluster, expected: Iterable[PlannedService], pools: Iterable[ChargedPool]
) -> Iterator[Found]:
    """Yield what configs say against the plan, as far as this user may read them.

    Args:
        cluster: The cluster.
        expected: The services that are to be there, and that were.
        pools: The environment's pools, with what the plan charges to them.
    """
    told: dict[tuple[ObjectName, _Said], set[str]] = defaultdict(set)
    referring: dict[str, list[_Config]] = {}
    uncounted: dict[tuple[str, bool], Amounts] = {}
    for service in expected:
        spec = mapping(service.declared["spec"]) if service.declared else {}
        configs = list(_configs(cluster, service, spec))
        if not configs or spec.get("replicas") == 0:
            continue
        name = str(service.deployment)
        referring[name] = configs
        for config in configs:
            for said in _against(config.spec, spec, cluster):
                told[config.name, said].add(name)
        for is_prefill, workload, written in _workloads([each.spec for each in configs], spec):
            uncounted[name, is_prefill] = _uncounted(written, workload)
    for (config_name, said), deployments in sorted(told.items()):
        yield _found(config_name, said, sorted(deployments))
    for pool in pools:
        yield from _without_room(pool, referring, uncounted)


def _configs(cluster: LiveCluster, service: PlannedService, spec: Mapping[str, Any]) -> Iterator[_Config]:
    for each in items(spec.get("baseRefs")):
        name = ObjectName(CONFIG_KIND, service.key[0], text(each.get("name")))
        found = cluster.named.get(name)
        if found and found.config is not None:
            yield _Config(name, found.config)


def _against(config: Mapping[str, Any], service: Mapping[str, Any], cluster: LiveCluster) -> Iterator[_Said]:
    if config.get("prefill") and not service.get("prefill"):
        yield _Said("it has a prefill workload, and the plan has none, so the plan does not count its pods")
    if config.get("worker") and not service.get("worker"):
        what = "it has a worker, and the plan has replicas of one node"
        yield _Said(f"{what}: KServe refuses the services, or makes groups of pods that the plan does not count")
    for _, workload, written in _workloads([config], service):
        for part in _PARTS:
            template, own = mapping(written.get(part)), mapping(workload.get(part))
            if own:
                yield from _against_pod(template, own, cluster)


def _workloads(
    configs: Sequence[Mapping[str, Any]], service: Mapping[str, Any]
) -> Iterator[tuple[bool, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield for each workload of a service whether it is prefill, what the service says, and what configs do."""
    yield False, service, _merged_parts(configs)
    if prefill := mapping(service.get("prefill")):
        yield True, prefill, _merged_parts([mapping(each.get("prefill")) for each in configs])


def _merged_parts(workloads: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for workload in workloads:
        for part in _PARTS:
            merged[part] = _merged_pod(mapping(merged.get(part)), mapping(workload.get(part)))
    return merged


def _against_pod(config: Mapping[str, Any], own: Mapping[str, Any], cluster: LiveCluster) -> Iterator[_Said]:
    merged = _merged_pod(config, own)
    planned = _asked(own)
    for name, amount in _asked(merged).items():
        if is_gpu_resource(name) and amount > planned.get(name, 0):
            more = shown_amount(name, amount - planned.get(name, Decimal(0)))
            yield _Said(f"its pods ask for {more} {name} more than the plan counts")
    for container in containers_of(merged):
        for name, limit in container.limits.items():
            if container.requests[name] > limit:
                asked, most = shown_amount(name, container.requests[name]), shown_amount(name, limit)
                yield _Said(
                    f"it requests {asked} of {name} for container {container.name}, which is limited to {most}: the "
                    "API server refuses the pods",
                )
    yield from _against_nodes(config, own, cluster)


def _against_nodes(config: Mapping[str, Any], own: Mapping[str, Any], cluster: LiveCluster) -> Iterator[_Said]:
    selector = mapping(own.get("nodeSelector"))
    more = {key: value for key, value in mapping(config.get("nodeSelector")).items() if key not in selector}
    here = [node for node in cluster.nodes if is_chosen(own, node.labels)]
    able = [node for node in here if more.items() <= node.labels.items()]
    if len(able) < len(here):
        labels = some([f"{key}={value}" for key, value in sorted(more.items())])
        severity = Severity.WARNING if able else Severity.ERROR
        yield _Said(f"it selects nodes by {labels}, which {len(able)} of the pool's {len(here)} have", severity)


def _asked(template: Mapping[str, Any]) -> Amounts:
    # A request above its limit means no pods at all, and is reported on its own.
    containers = (
        replace(
            each, requests={name: min(amount, each.limits.get(name, amount)) for name, amount in each.requests.items()}
        )
        for each in containers_of(template)
    )
    return pod_resources(containers).requests


def _merged_pod(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node labels and containers of two pod specs, merged by name."""
    labels = {**mapping(under.get("nodeSelector")), **mapping(over.get("nodeSelector"))}
    merged: dict[str, Any] = {"nodeSelector": labels}
    for kind in ("initContainers", "containers"):
        found = {text(each.get("name")): each for each in items(under.get(kind))}
        for each in items(over.get(kind)):
            name = text(each.get("name"))
            found[name] = {**found.get(name, {}), **each, "resources": _merged_resources(found.get(name, {}), each)}
        merged[kind] = list(found.values())
    return merged


def _merged_resources(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    one, other = mapping(under.get("resources")), mapping(over.get("resources"))
    return {part: {**mapping(one.get(part)), **mapping(other.get(part))} for part in ("requests", "limits")}


def _uncounted(config: Mapping[str, Any], workload: Mapping[str, Any]) -> Amounts:
    """Return what one pod of a workload asks for beside what the plan counts."""
    own = mapping(workload.get("template"))
    planned = _asked(own)
    asked = _asked(_merged_pod(mapping(config.get("template")), own))
    more = {name: amount - planned.get(name, Decimal(0)) for name, amount in asked.items()}
    return {name: amount for name, amount in more.items() if amount > 0 and not is_gpu_resource(name)}


def _without_room(
    pool: ChargedPool,
    referring: Mapping[str, Sequence[_Config]],
    uncounted: Mapping[tuple[str, bool], Amounts],
) -> Iterator[Found]:
    """Yield that a pool takes all pods of the plan, and does not with what configs add to them."""
    grown = [(charge, uncounted.get((str(charge.deployment), charge.is_prefill), {})) for charge in pool.charges]
    whose = sorted({str(charge.deployment) for charge, more in grown if more})
    if not whose or not pool.holds:
        return
    larger = tuple(_larger(pool, charge, more) for charge, more in grown)
    if replace(pool, charges=larger).holds:
        return
    most = Counter[str]()
    for _, more in grown:
        most |= Counter({name: int(amount * 1000) for name, amount in more.items()})
    amounts = some([f"{shown_amount(name, Decimal(amount) / 1000)} {name}" for name, amount in sorted(most.items())])
    names = sorted({str(config.name) for name in whose for config in referring[name]})
    yield Found(
        Code.CONFIG_AGAINST_PLAN,
        Severity.WARNING,
        f"{some(names)}: pods of {some(whose)} on {pool.pool.name} ask for up to {amounts} more than the plan counts, "
        "and not all pods of the plan have room with that",
        "ask for less in the config, or have fewer replicas there",
        facts={"configs": names, "deployments": whose, "nodePool": pool.pool.name},
    )


def _larger(pool: ChargedPool, charge: PlannedCharge, more: Amounts) -> PlannedCharge:
    pod = charge.pod
    extended = dict(pod.extended)
    for name, amount in more.items():
        if name not in ("cpu", "memory", "ephemeral-storage"):
            extended[name] = extended.get(name, 0) + int(amount)
    grown = pod._replace(
        cpu=pod.cpu + int(more.get("cpu", Decimal(0)) * 1000),
        memory=pod.memory + int(more.get("memory", Decimal(0))),
        storage=pod.storage + int(more.get("ephemeral-storage", Decimal(0))),
        extended=tuple(sorted(extended.items())),
    )
    return replace(charge, pod=pool.state.node.known_part(grown))


def _found(name: ObjectName, said: _Said, deployments: list[str]) -> Found:
    return Found(
        Code.CONFIG_AGAINST_PLAN,
        said.severity,
        f"{name}, which baseRefs of {some(deployments)} name: {said.what}",
        said.remedy,
        facts={"namespace": name.namespace, "name": name.name, "deployments": deployments},
    )
