"""The vocabulary of Kubernetes that every part of Slicewise, and the policies, read alike.

`Quantity` is an amount as apimachinery reads it; `pod_resources` is what a pod asks for, init containers included.
"""

from slicewise.kubernetes.canonical_quantity import canonical
from slicewise.kubernetes.json_values import amount, items, mapping, text, whole
from slicewise.kubernetes.pod_requests import (
    NO_RESOURCES,
    Amounts,
    ContainerResources,
    PodResources,
    amounts,
    containers_of,
    pod_resources,
    shown,
)
from slicewise.kubernetes.quantity import GIB, Quantity, quantity_value

__all__ = [
    "GIB",
    "NO_RESOURCES",
    "Amounts",
    "ContainerResources",
    "PodResources",
    "Quantity",
    "amount",
    "amounts",
    "canonical",
    "containers_of",
    "items",
    "mapping",
    "pod_resources",
    "quantity_value",
    "shown",
    "text",
    "whole",
]
