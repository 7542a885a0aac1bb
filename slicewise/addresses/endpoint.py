"""Where a placement answers: its Service inside the cluster, and its path through the Gateway."""

from __future__ import annotations

from typing import Final, NamedTuple

from slicewise.addresses.service_names import service_name, workload_service
from slicewise.documents import GatewayReference, InferenceEnvironment, ModelDeployment, ModelSpec, served_name

SERVING_PORT: Final = 8000
"""The pods' port, and that of the Service that KServe puts before them: KServe does not let it be changed."""
_USUAL_PORT: Final = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """Where a placement answers; an OpenAI client's base URL is one of these followed by /v1."""

    service: str
    """The name of the LLMInferenceService."""
    in_cluster: str
    """Inside the cluster, without a Gateway: KServe's Service of the pods, which is there with a route, too."""
    external: str | None
    """Through the Gateway; None without a route, or if the environment does not give the Gateway's hostname.

    Of a group, this is the address that the group shares by weight.
    """
    direct: str | None
    """Through the Gateway, of a member of a group: the address where it alone answers, whatever its weight is."""


def endpoint_of(
    deployment: ModelDeployment, model: ModelSpec, environment: InferenceEnvironment, nodes_per_replica: int
) -> Endpoint:
    """Return where `deployment`, which serves `model`, answers in `environment`.

    As KServe v0.20.0 serves it (run): plain HTTP on port 8000 inside the cluster, though its `status.addresses` leaves
    the port out, and the Service too once there is a route; through the Gateway `/<namespace>/<service>` leads to this
    service alone, and `/publishers/<namespace>/models/<model>` is shared by weight in a group.
    """
    namespace = deployment.metadata.namespace
    service = service_name(deployment.metadata.name, nodes=nodes_per_replica, autoscaled=deployment.autoscaled)
    in_cluster = f"http://{workload_service(service)}.{namespace}.svc.cluster.local:{SERVING_PORT}"
    router, gateway = deployment.spec.router, environment.spec.gateway
    outside = _outside(gateway) if gateway else None
    if outside is None or not router.routes_through(gateway):
        return Endpoint(service, in_cluster, None, None)
    alone = f"{outside}/{namespace}/{service}"
    if router.group is None:
        return Endpoint(service, in_cluster, alone, None)
    return Endpoint(service, in_cluster, outside + shared_path(namespace, served_name(deployment, model)), alone)


def shared_path(namespace: str, served: str) -> str:
    """Return the path at which all services of a group answer that serve the model `served` in `namespace`."""
    return f"/publishers/{namespace}/models/{served}"


def _outside(gateway: GatewayReference) -> str | None:
    """Return where clients reach a gateway; None where the documents do not say it."""
    if gateway.hostname is None:
        return None
    usual = _USUAL_PORT[gateway.scheme]
    port = "" if gateway.port in (None, usual) else f":{gateway.port}"
    return f"{gateway.scheme}://{gateway.hostname}{port}"
