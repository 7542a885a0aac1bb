"""Engine events as short as a test can say them, in the shape that Pulumi v3.259.0 writes them in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slicewise.manifests import KubernetesObject

Event = dict[str, Any]

STACK = "urn:pulumi:demo::slicewise::pulumi:pulumi:Stack::slicewise-demo"
# That the pack ran, and looked at the stack.
ANALYZED: Event = {"policyAnalyzeSummaryEvent": {"resourceUrn": STACK, "policyPackName": "slicewise", "passed": []}}
SUCCEEDED: Event = {"summaryEvent": {"result": "succeeded"}}
FAILED: Event = {"summaryEvent": {"result": "failed"}}


def urn(chain: str, name: str) -> str:
    """Return the URN of a resource; `chain` are the types of the components around it, and its own."""
    return f"urn:pulumi:demo::slicewise::{chain}::{name}"


def resource(identity: str, parent: str = STACK, inputs: Mapping[str, Any] | None = None) -> Event:
    """Return that a resource is to be created."""
    state = {"urn": identity, "parent": parent, "inputs": inputs or {}}
    return {"resourcePreEvent": {"metadata": {"op": "create", "urn": identity, "old": None, "new": state}}}


def outputs(values: Mapping[str, Any]) -> Event:
    """Return the outputs of the stack."""
    state = {"outputs": values}
    return {
        "resOutputsEvent": {"metadata": {"op": "create", "type": "pulumi:pulumi:Stack", "urn": STACK, "new": state}}
    }


def placement(name: str) -> Event:
    """Return that a placement's component is to be created."""
    return resource(placement_urn(name))


def placement_urn(name: str) -> str:
    """Return the URN of a placement: environment/namespace/deployment."""
    return urn("slicewise:index:ModelPlacement", name)


def service_urn(name: str, kind: str = "LLMInferenceService", suffix: str = "service") -> str:
    """Return the URN of what a placement has."""
    return urn(f"slicewise:index:ModelPlacement$kubernetes:serving.kserve.io/v1alpha2:{kind}", f"{name}-{suffix}")


def service(name: str, item: KubernetesObject) -> Event:
    """Return that a placement's service is to be created."""
    return resource(service_urn(name), placement_urn(name), item)


def violation(identity: str, message: str, *, policy: str = "rule", level: str = "mandatory") -> Event:
    """Return that a policy was violated."""
    return {
        "policyEvent": {
            "resourceUrn": identity,
            "message": f"What holds.\n{message}\n",
            "policyName": policy,
            "policyPackName": "slicewise",
            "enforcementLevel": level,
        }
    }


def passed(identity: str, *policies: str) -> Event:
    """Return that a resource was in order."""
    return {
        "policyAnalyzeSummaryEvent": {
            "resourceUrn": identity,
            "policyPackName": "slicewise",
            "passed": list(policies),
        }
    }


def said(message: str, severity: str = "error") -> Event:
    """Return a diagnostic."""
    return {"diagnosticEvent": {"message": f"{message}\n", "severity": severity}}


def stream(*events: Event) -> str:
    """Return the events as the engine writes them."""
    return "".join(f"{json.dumps({'sequence': number} | event)}\n" for number, event in enumerate(events))
