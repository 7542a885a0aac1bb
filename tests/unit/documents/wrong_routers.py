"""Wrong values of gateways and routers, and what is said of them."""

from __future__ import annotations

from tests.unit.documents.fields import DEPLOYMENT, ENVIRONMENT
from tests.unit.documents.wrong_values import COUNT, COUNT_OR_ZERO, DOTTED_NAME, FLAG, LABELS, NAME

GATEWAY = ("spec", "gateway")
ROUTER = ("spec", "router")

# KServe's CRD takes 0 to 1000000 as a weight, and a DNS label as a group (llm_inference_service_types.go, v0.20.0).
OF_ROUTER = [
    (ENVIRONMENT, GATEWAY, [("models", 'got "models", expected a mapping'), LABELS[0]]),
    (ENVIRONMENT, (*GATEWAY, "name"), DOTTED_NAME),
    (ENVIRONMENT, (*GATEWAY, "namespace"), NAME),
    (ENVIRONMENT, (*GATEWAY, "hostname"), DOTTED_NAME),
    (
        ENVIRONMENT,
        (*GATEWAY, "scheme"),
        [
            ("HTTPS", 'got "HTTPS", expected "http" or "https"; did you mean "https"?'),
            ("grpc", 'got "grpc", expected "http" or "https"'),
        ],
    ),
    (ENVIRONMENT, (*GATEWAY, "port"), [("0", COUNT[0][1]), ("65536", "got 65536, expected at most 65535")]),
    (DEPLOYMENT, ROUTER, [("on", "got true, expected a mapping"), LABELS[0]]),
    (DEPLOYMENT, (*ROUTER, "enabled"), FLAG),
    (DEPLOYMENT, (*ROUTER, "scheduler"), FLAG),
    (DEPLOYMENT, (*ROUTER, "group"), [*NAME, ("a" * 64, "got 64 characters, expected at most 63 characters")]),
    (DEPLOYMENT, (*ROUTER, "weight"), COUNT_OR_ZERO),
]
