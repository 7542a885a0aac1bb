"""What a namespace allows: Pod Security, LimitRanges and ResourceQuotas, read from the API server's objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slicewise.kubernetes import Amounts, amounts, items, mapping, text

ENFORCE_LABEL: Final = "pod-security.kubernetes.io/enforce"
_LEVELS: Final = ("privileged", "baseline", "restricted")


@dataclass(frozen=True, slots=True)
class LimitItem:
    """One rule of a LimitRange.

    Attributes:
        limit_range: The LimitRange's name.
        kind: What it is about: `Container` or `Pod`.
        least: The least of each resource.
        most: The most of each resource.
        ratio: How many times its request a limit may be.
        default: The limits that a container gets which says none.
        default_request: The requests that a container gets which says none.
    """

    limit_range: str
    kind: str
    least: Amounts
    most: Amounts
    ratio: Amounts
    default: Amounts
    default_request: Amounts


@dataclass(frozen=True, slots=True)
class ResourceQuota:
    """A ResourceQuota.

    Attributes:
        name: Its name.
        hard: What it allows, by its own keys: `requests.nvidia.com/gpu`, `limits.cpu`, `pods`, `count/...`.
        used: What is used of it, the plan's own pods included.
        scopes: Which pods it counts, as (scope, operator, values): all of them where it says nothing.
    """

    name: str
    hard: Amounts
    used: Amounts
    scopes: tuple[tuple[str, str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class NamespaceRules:
    """What one namespace allows.

    Attributes:
        enforced: The level of Pod Security that it enforces; None where it says none.
        limits: The rules of its LimitRanges, in the order of their names.
        quotas: Its ResourceQuotas, by name.
    """

    enforced: str | None = None
    limits: tuple[LimitItem, ...] = ()
    quotas: tuple[ResourceQuota, ...] = ()


@dataclass(frozen=True, slots=True)
class Priority:
    """A PriorityClass.

    Attributes:
        name: Its name.
        value: The priority of its pods.
        by_default: Whether pods that name no class get it (`globalDefault`).
        preempts: Whether its pods may take the place of others (`preemptionPolicy`).
    """

    name: str
    value: int
    by_default: bool
    preempts: bool


def namespace_rules(
    namespaces: Iterable[Mapping[str, Any]], limits: Iterable[Mapping[str, Any]], quotas: Iterable[Mapping[str, Any]]
) -> dict[str, NamespaceRules]:
    """Return what each namespace allows, by its name, from the objects as the API server writes them (JSON)."""
    found: dict[str, NamespaceRules] = {}
    for each in namespaces:
        metadata = mapping(each.get("metadata"))
        found[text(metadata.get("name"))] = NamespaceRules(_level(mapping(metadata.get("labels")).get(ENFORCE_LABEL)))
    for each in sorted(limits, key=_name):
        rules = found.setdefault(_namespace(each), NamespaceRules())
        found[_namespace(each)] = replace(rules, limits=(*rules.limits, *_limit_items(each)))
    for each in sorted(quotas, key=_name):
        rules = found.setdefault(_namespace(each), NamespaceRules())
        found[_namespace(each)] = replace(rules, quotas=(*rules.quotas, _quota(each)))
    return found


def _level(written: object) -> str | None:
    """Return the level in force: text that is not one counts as `restricted` (pod-security-admission, ParseLevel)."""
    if written is None:
        return None
    return text(written) if written in _LEVELS else "restricted"


def priority(each: Mapping[str, Any]) -> Priority:
    """Read a PriorityClass (scheduling.k8s.io/v1, JSON)."""
    value = each.get("value")
    return Priority(
        _name(each),
        value if type(value) is int else 0,
        each.get("globalDefault") is True,
        text(each.get("preemptionPolicy")) != "Never",
    )


def _name(each: Mapping[str, Any]) -> str:
    return text(mapping(each.get("metadata")).get("name"))


def _namespace(each: Mapping[str, Any]) -> str:
    return text(mapping(each.get("metadata")).get("namespace"))


def _limit_items(limit_range: Mapping[str, Any]) -> list[LimitItem]:
    return [
        LimitItem(
            _name(limit_range),
            text(each.get("type")),
            amounts(each.get("min")),
            amounts(each.get("max")),
            amounts(each.get("maxLimitRequestRatio")),
            amounts(each.get("default")),
            amounts(each.get("defaultRequest")),
        )
        for each in items(mapping(limit_range.get("spec")).get("limits"))
        if each.get("type") in ("Container", "Pod")
    ]


def _quota(quota: Mapping[str, Any]) -> ResourceQuota:
    spec, status = mapping(quota.get("spec")), mapping(quota.get("status"))
    written = spec.get("scopes")
    named = [(text(each), "Exists", frozenset[str]()) for each in written] if isinstance(written, list) else []
    selected = [
        (
            text(each.get("scopeName")),
            text(each.get("operator")),
            frozenset(text(value) for value in each.get("values") or []),
        )
        for each in items(mapping(spec.get("scopeSelector")).get("matchExpressions"))
    ]
    return ResourceQuota(_name(quota), amounts(spec.get("hard")), amounts(status.get("used")), (*named, *selected))
