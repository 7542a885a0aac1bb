"""Placements as Kubernetes objects: plain dicts, ready for a cluster, a file or a test."""

from slicewise.manifests.kubernetes_object import KubernetesObject
from slicewise.manifests.objects import environment_objects, placement_objects, shared_objects

__all__ = ["KubernetesObject", "environment_objects", "placement_objects", "shared_objects"]
