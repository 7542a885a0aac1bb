"""Names that people write for gateways and routers: those of KServe, Gateway API and Ingresses."""

from __future__ import annotations

from typing import Final

from slicewise.documents.other_name import OtherName, renamed

_GATEWAY: Final = renamed("gateway", ", with the name and namespace of a Gateway that is there")
_GATEWAYS_OWN: Final = OtherName("leave it out: the Gateway itself says it, and Slicewise neither makes nor changes it")
_IN_ENVIRONMENT: Final = OtherName("it belongs to the environment: see spec.gateway of the InferenceEnvironment")
_IN_DEPLOYMENT: Final = OtherName("it belongs to the deployment: see spec.router of the ModelDeployment")
_NO_PATHS: Final = OtherName(
    "leave it out: KServe decides the paths, /<namespace>/<service> and /publishers/<namespace>/models/<model>"
)
GATEWAY_OF_ENVIRONMENT: Final = {
    **dict.fromkeys(("spec.gatewayRef", "spec.gateways", "spec.ingress", "spec.ingressGateway"), _GATEWAY),
    **dict.fromkeys(
        ("spec.gateway.refs", "spec.gateway.ref", "spec.gateway.gatewayRef"),
        OtherName("write name and namespace of the one Gateway in gateway itself", ("name", "namespace")),
    ),
    **dict.fromkeys(
        [f"spec.gateway.{name}" for name in ("host", "hosts", "hostnames", "domain", "address", "url")],
        renamed("hostname", ", the name alone"),
    ),
    **dict.fromkeys(("spec.gateway.protocol", "spec.gateway.https"), renamed("scheme", ": http or https")),
    "spec.gateway.tls": renamed("scheme", ": https, where the Gateway's listener has a certificate"),
    **dict.fromkeys(
        ("spec.gateway.listeners", "spec.gateway.className", "spec.gateway.gatewayClassName"), _GATEWAYS_OWN
    ),
    **dict.fromkeys(("spec.host", "spec.domain"), renamed("gateway.hostname")),
    "spec.router": _IN_DEPLOYMENT,
}
ROUTER_OF_DEPLOYMENT: Final = {
    "spec.router.route": OtherName("write enabled, group and weight in router itself"),
    "spec.route": renamed("router", ", with enabled, or with group and weight"),
    **dict.fromkeys(
        [
            f"spec.{within}{name}"
            for within in ("", "router.")
            for name in ("gateway", "gateways", "gatewayRef", "ingress", "hostname", "hostnames", "host")
        ],
        _IN_ENVIRONMENT,
    ),
    **dict.fromkeys(("spec.router.path", "spec.router.paths", "spec.router.prefix"), _NO_PATHS),
    **dict.fromkeys(
        ("spec.canary", "spec.traffic", "spec.canaryTrafficPercent", "spec.trafficPercent"),
        renamed("router.weight", ", and router.group in each deployment that shares the requests"),
    ),
    **dict.fromkeys(
        ("spec.router.percent", "spec.router.traffic", "spec.router.trafficPercent"),
        renamed("weight", ", with group in each deployment that shares the requests"),
    ),
    **dict.fromkeys(("spec.router.endpointPicker", "spec.router.pool"), renamed("scheduler", ": true")),
    **dict.fromkeys(("spec.expose", "spec.exposed"), renamed("router.enabled")),
}
ROUTES_OF_MODEL: Final = {
    **dict.fromkeys(("spec.router", "spec.route", "spec.serving.router"), _IN_DEPLOYMENT),
    **dict.fromkeys(("spec.gateway", "spec.ingress", "spec.hostname"), _IN_ENVIRONMENT),
}
