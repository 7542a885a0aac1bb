"""The demo's clusters, looked at from outside."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.demo.fake_pools import fake_pools
from embedded.demo.screen import NodeView, PodView
from embedded.demo.supervisor import cluster_directory
from embedded.pod_states import pods_of
from slicewise.documents import InferenceEnvironment

# Namespaces of the cluster's own; the demo's workloads are in the others.
_OWN = ("default", "kserve", "kube-node-lease", "kube-public", "kube-system")


def attach(state: Path, environment: str) -> ControlPlane:
    """Return the running control plane of `environment`, which another process started."""
    path = cluster_directory(state, environment) / "kubeconfig"
    text = path.read_text()
    server = yaml.safe_load(text)["clusters"][0]["cluster"]["server"]
    return ControlPlane(server=server, kubeconfig=text, kubeconfig_path=path, processes=())


def nodes(environments: Iterable[InferenceEnvironment]) -> list[NodeView]:
    """Return all fake nodes."""
    return [
        NodeView(environment.metadata.name, name, resource, units)
        for environment in environments
        for pool in fake_pools(environment)
        for resource, units in pool.resources.items()
        for name in pool.node_names()
    ]


def pod_views(state: Path, environments: Iterable[InferenceEnvironment]) -> list[PodView]:
    """Return the pods of all workloads in all clusters."""
    views: list[PodView] = []
    for environment in environments:
        name = environment.metadata.name
        plane = attach(state, name)
        with connect(plane) as client:
            namespaces = [str(item.metadata.name) for item in client.list(Namespace) if item.metadata]
        for namespace in namespaces:
            if namespace not in _OWN:
                # KServe calls the Deployment of a service <service>-kserve.
                views += [
                    PodView(name, f"{namespace}/{pod.name.rpartition('-kserve')[0]}", pod)
                    for pod in pods_of(plane, namespace)
                ]
    return views
