"""Providers of Kubernetes: what passes, what is found, and where."""

from __future__ import annotations

from policies.rules.providers import KUBECONFIG_SECRET, PROVIDER_EXPLICIT, PROVIDER_IDENTIFIED
from policies.rules.rule_types import UNKNOWN, Resource
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import PROVIDER, deployment, pod_spec, provider, service


def applied_by(resource: Resource, name: str) -> Resource:
    return Resource(resource.type, resource.name, resource.properties, provider=name)


def test_the_default_provider() -> None:
    web = deployment({"containers": [{"name": "web", "image": "nginx"}]})
    for name in ("default", "default_4_34_2"):
        assert found(PROVIDER_EXPLICIT, applied_by(service(), name)) == ["provider"]
        assert found(PROVIDER_EXPLICIT, applied_by(deployment(pod_spec()), name)) == ["provider"]
        assert found(PROVIDER_EXPLICIT, applied_by(web, name)) == []
    for name in ("", "mig-a-provider", "default-cluster", "defaults"):
        assert found(PROVIDER_EXPLICIT, applied_by(service(), name)) == []


def test_cluster_identifier() -> None:
    assert found(PROVIDER_IDENTIFIED, provider()) == []
    assert found(PROVIDER_IDENTIFIED, provider(clusterIdentifier=None)) == ["clusterIdentifier"]
    assert found(PROVIDER_IDENTIFIED, provider(clusterIdentifier="")) == ["clusterIdentifier"]
    assert unchecked(PROVIDER_IDENTIFIED, provider(clusterIdentifier=UNKNOWN)) == ["clusterIdentifier"]
    # The engine declares it; the resources that use it are found fault with.
    assert found(PROVIDER_IDENTIFIED, Resource(PROVIDER, "default_4_34_2", {"version": "4.34.2"})) == []


def test_kubeconfig() -> None:
    none: frozenset[str] = frozenset()
    assert found(KUBECONFIG_SECRET, provider()) == []
    assert found(KUBECONFIG_SECRET, provider(kubeconfig=UNKNOWN)) == []
    assert found(KUBECONFIG_SECRET, provider(none)) == ["kubeconfig"]
    assert found(KUBECONFIG_SECRET, provider(none, kubeconfig="")) == []
    assert found(KUBECONFIG_SECRET, provider(none, kubeconfig=None)) == []
    assert unchecked(KUBECONFIG_SECRET, provider(none, kubeconfig=UNKNOWN)) == ["kubeconfig"]
