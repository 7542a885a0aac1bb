"""Which cluster a stack talks to is written in its program, and how to get in is secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import is_config, is_service, makes_pods, pod_requests, pods, properties
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule, Unchecked

PROVIDER: Final = "pulumi:providers:kubernetes"
# What the engine calls providers that no program declares.
_DEFAULT_PREFIX: Final = "default"


def is_provider(resource_type: str) -> bool:
    """Return whether resources of the type are providers of Kubernetes clusters."""
    return resource_type == PROVIDER


def _check_explicit(resource: Resource, _: Config) -> Iterator[Outcome]:
    if not _is_ambient(resource.provider):
        return
    if is_service(resource.type) or is_config(resource.type) or any(pod_requests(pod) for pod in pods(resource)):
        problem = f"goes to whatever cluster the ambient kubeconfig names (provider {resource.provider})"
        yield Finding("provider", problem, "declare a kubernetes.Provider for the cluster and pass it as opts.provider")


def _is_ambient(provider: str) -> bool:
    return provider == _DEFAULT_PREFIX or provider.startswith(f"{_DEFAULT_PREFIX}_")


def _check_identified(resource: Resource, _: Config) -> Iterator[Outcome]:
    if _is_ambient(resource.name):
        return
    identifier = properties(resource)["clusterIdentifier"]
    if not identifier.present or not identifier.text():
        problem = "is not set, so a rotated CA or a new endpoint replaces every object of the cluster"
        yield Finding(identifier.path, problem, "set it to a name of the cluster that stays")


def _check_kubeconfig(resource: Resource, _: Config) -> Iterator[Outcome]:
    kubeconfig = properties(resource)["kubeconfig"]
    if not kubeconfig.present or kubeconfig.path in resource.secrets:
        return
    if not kubeconfig.known:
        yield Unchecked(kubeconfig.path)
    elif kubeconfig.text():
        problem = "is not secret, so the state, previews and logs show how to get into the cluster"
        yield Finding(kubeconfig.path, problem, "pass pulumi.Output.secret(...) or config.require_secret(...)")


PROVIDER_EXPLICIT: Final = ResourceRule(
    name="provider-explicit",
    description="Services and GPU pods are applied by a provider that the program declares, never by the default one.",
    remedy="Declare a kubernetes.Provider for each cluster and pass it to the resources.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check_explicit,
)
PROVIDER_IDENTIFIED: Final = ResourceRule(
    name="provider-identified",
    description="Kubernetes providers have a clusterIdentifier.",
    remedy="Set cluster_identifier to a name that stays the same when the cluster's CA or endpoint changes.",
    severity=PolicySeverity.MEDIUM,
    level=Level.MANDATORY,
    applies=is_provider,
    check=_check_identified,
)
KUBECONFIG_SECRET: Final = ResourceRule(
    name="kubeconfig-secret",
    description="The kubeconfig of a provider is secret.",
    remedy="Pass the kubeconfig as a secret output; rotate any credential that an earlier state holds in plain text.",
    severity=PolicySeverity.CRITICAL,
    level=Level.MANDATORY,
    applies=is_provider,
    check=_check_kubeconfig,
)
