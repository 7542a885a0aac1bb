"""A gateway that routes for real: Contour and Envoy, and stub engines where the fake pods' addresses lead.

Contour implements the Gateway API: it reads the routes that KServe's controller makes, sets their status and the
gateway's, and configures Envoy, which takes the requests. kwok's pods have addresses that lead nowhere, and the API
server refuses loopback addresses in EndpointSlices; so Contour reads them through `endpoint_view`, which gives it
addresses of the loopback interface instead, and a stub engine answers at each.
"""

from embedded.gateway.serving import start_gateway

__all__ = ["start_gateway"]
