"""What deployments are called in a cluster, and where they answer: names, addresses and paths, as KServe makes them."""

from slicewise.addresses.endpoint import SERVING_PORT, Endpoint, endpoint_of, shared_path
from slicewise.addresses.request import curl_line
from slicewise.addresses.service_names import (
    MAX_LENGTH,
    MAX_LENGTH_AUTOSCALED,
    MAX_LENGTH_MULTI_NODE,
    nodes_of,
    service_name,
    workload_service,
)

__all__ = [
    "MAX_LENGTH",
    "MAX_LENGTH_AUTOSCALED",
    "MAX_LENGTH_MULTI_NODE",
    "SERVING_PORT",
    "Endpoint",
    "curl_line",
    "endpoint_of",
    "nodes_of",
    "service_name",
    "shared_path",
    "workload_service",
]
