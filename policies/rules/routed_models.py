"""Two services behind one gateway answer for different models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from policies.rules.reading import Field, NameInCluster, name_in_cluster, properties, services
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, StackRule


@dataclass(frozen=True, slots=True)
class _Routed:
    """A service that KServe makes a route for, and the traffic that it shares, if it shares any."""

    name: NameInCluster
    group: str | None


def _check(resources: Sequence[Resource], _: Config) -> Iterator[Outcome]:
    first: dict[tuple[str, str, str], list[_Routed]] = {}
    yield from each(services(resources), partial(_of_service, first=first))


def _of_service(service: Resource, *, first: dict[tuple[str, str, str], list[_Routed]]) -> Iterator[Outcome]:
    spec = properties(service)["spec"]
    route = spec["router"]["route"]
    name = name_in_cluster(service)
    # For routes of their own, which `refs` name, KServe makes none.
    if name is None or not route.present or route["http"]["refs"].elements():
        return
    routed = _Routed(name, route["group"].text())
    for model in _models(spec, properties(service)["metadata"]["name"]):
        others = first.setdefault((name.cluster, name.namespace, model.text() or ""), [])
        other = next((item for item in others if item.name != name and not _share(item, routed)), None)
        others.append(routed)
        if other:
            address = f"/publishers/{name.namespace}/models/{model.text()}"
            problem = f"{other.name} is routed at {address}, too, so the gateway answers there from one of the two only"
            remedy = "give one of them another model name, or both the same spec.router.route.group to split requests"
            yield Finding(model.path, problem, remedy, service.urn)


def _models(spec: Field, service_name: Field) -> list[Field]:
    """Return the names that a service answers for (KServe v0.20, modelRoutingNames): the model's and its adapters'."""
    model = spec["model"]["name"]
    adapters = [adapter["name"] for adapter in spec["model"]["lora"]["adapters"].elements()]
    return [model if model.text() else service_name, *(name for name in adapters if name.text())]


def _share(one: _Routed, other: _Routed) -> bool:
    return one.group is not None and one.group == other.group


ROUTED_MODELS_UNIQUE: Final = StackRule(
    name="routed-models-unique",
    description="No two services for which KServe creates routes have the same model name in one namespace.",
    remedy="Give one of them another spec.model.name, or put both into one spec.router.route.group.",
    severity=PolicySeverity.MEDIUM,
    level=Level.ADVISORY,
    check=_check,
)
