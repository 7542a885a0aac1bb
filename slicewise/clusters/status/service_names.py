"""Of which deployment a service is, by its name: the present one, or one of before its nodes or scaling changed."""

from __future__ import annotations

from collections.abc import Iterable

from slicewise.addresses import nodes_of, service_name
from slicewise.clusters.live import LiveService, ServiceKey
from slicewise.documents import Fleet, ModelDeployment


def deployments_by_service(fleet: Fleet, services: Iterable[LiveService]) -> dict[ServiceKey, ModelDeployment]:
    """Return the deployment of each of the services that is called after one; whose they are is not looked at.

    A change of the nodes that a replica spans makes a new service under another name, and so does autoscaling where the
    name is longer than that of an autoscaled service may be: until the old one is removed, both are there.
    """
    there = {each.key for each in services}
    nodes = {1, *(nodes_of(name) for _, name in there)}
    found = {}
    for deployment in fleet.deployments:
        namespace, name = deployment.key
        for number in nodes:
            for autoscaled in (False, True):
                key = (namespace, service_name(name, nodes=number, autoscaled=autoscaled))
                if key in there:
                    found[key] = deployment
    return found
