"""The arguments that every component which plans takes, beside its documents."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypedDict


class PlanOptions(TypedDict, total=False):
    """What decides how a plan is made and applied; the stack's configuration (`slicewise:`) decides what is omitted."""

    kubeconfig_source: Literal["config", "kubernetes", "gcp-secret-manager", "aws-secrets-manager", "none"]
    """Where the kubeconfigs are that documents refer to and the program does not pass."""
    kubeconfig_namespace: str
    """For the source `kubernetes`: the namespace of the Secrets."""
    kubeconfig_project: str
    """For the source `gcp-secret-manager`: the project of the secrets."""
    kubeconfig_region: str
    """For the source `aws-secrets-manager`: the region of the secrets."""
    on_shortfall: Literal["fail", "warn"]
    """What happens when a deployment gets fewer environments than it asks for."""
    on_unreachable: Literal["fail", "skip"]
    """What happens when a cluster cannot be used now."""
    wait_for_ready: bool
    """Whether `pulumi up` ends only when every replica of what it applied serves."""
    ready_timeout: int
    """Seconds that each deployment has for that."""
    verify: bool
    """Whether clusters are compared with their documents before anything is declared."""
    create_namespaces: bool
    """Whether namespaces of deployments are created where they are missing."""
    create_device_classes: bool
    """Whether the DeviceClasses of pools with `allocation: extendedResource` are made."""
    take_over: Mapping[str, str]
    """By environment/namespace/name, from which stack (or `nobody`) a service that is there is taken over."""
    accept_clusters: Mapping[str, str]
    """By environment, the uid of the cluster that takes the place of the one before."""
    plan_afresh: bool
    """Whether outputs of the stack that cannot be read are taken for none."""


class PreviousPlan(StrEnum):
    """Where the plan is remembered, by which placements stay where they are."""

    STATE = "state"
    """In the component's own outputs, in the stack's state."""
    STACK_OUTPUTS = "stack-outputs"
    """In the stack's outputs, which the program exports from `stack_outputs`: faster where there are hundreds."""
    NONE = "none"
    """Nowhere: every plan is made afresh, and what runs may move."""
