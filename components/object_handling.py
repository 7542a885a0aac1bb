"""How the objects of one environment are declared: as new ones, as the same under another name, or made again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi

from slicewise.clusters.live import ObjectName
from slicewise.clusters.verify import KeyPath
from slicewise.manifests import (
    RESTORED_ANNOTATION,
    RESTORED_OVER_ANNOTATION,
    SERVICE_KIND,
    STACK_ANNOTATION,
    KubernetesObject,
)

from .stack_name import stack_name

# Server-side apply then takes fields over from whoever set them (pulumi-kubernetes, metadata/annotations.go). Not on
# every object: of two stacks that apply one object in the same second, it is the conflict that stops the second.
_FORCE: Final = "pulumi.com/patchForce"
# Set once and then ignored: removing them again would be an update of the service.
_LASTING: Final = tuple(
    f'metadata.annotations["{name}"]' for name in (RESTORED_ANNOTATION, RESTORED_OVER_ANNOTATION, _FORCE)
)
# Labels of pods, which KServe v0.20 puts into the selector of the Deployment, and Kubernetes never lets that change.
_SELECTING: Final = ("spec.labels", "spec.prefill.labels", 'metadata.labels["kueue.x-k8s.io/queue-name"]')
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Handling:
    """What is special about the objects of one environment.

    Attributes:
        environment: What it is called.
        formerly: What it was called at the last `pulumi up`, where that was something else.
        identifier: What the provider knows the cluster by; a change of it would replace every object.
        namespaces: The namespaces that the stack makes there, or has made.
        split: The services that get a prefill workload, or lose it: KServe v0.20 takes that, and then cannot change the
            selector of the Deployment that it has made.
        kept: The services of which KServe makes a Deployment, and that were there under their names before.
        gone: What was applied and is not there any more.
        forced: What is applied over what others have written: they changed it, or it is to become the stack's.
        left_alone: What exists there, is not the stack's, and serves it as it is: it is not declared.
        rewritten: The fields that applying an object does not make what is declared: an admission webhook changes them.
        generations: The generations of what exists there; an object that is gone has none.
        now: When this is, in UTC (`2026-11-27T18:00:00Z`).
    """

    environment: str
    formerly: str | None = None
    identifier: str = ""
    namespaces: tuple[str, ...] = ()
    split: frozenset[ObjectName] = frozenset()
    kept: frozenset[ObjectName] = frozenset()
    gone: frozenset[ObjectName] = frozenset()
    forced: frozenset[ObjectName] = frozenset()
    left_alone: frozenset[ObjectName] = frozenset()
    rewritten: Mapping[ObjectName, Sequence[KeyPath]] = field(default_factory=dict)
    generations: Mapping[ObjectName, int] = field(default_factory=dict)
    now: str = ""

    @property
    def forced_services(self) -> frozenset[tuple[str, str]]:
        """The namespaces and names of the services that become what is declared, whoever has written them."""
        return frozenset((name.namespace, name.name) for name in self.forced if name.kind == SERVICE_KIND)

    def aliases(self, name: str) -> list[pulumi.Alias | pulumi.Input[str]]:
        """Return what a resource that is called `name` now may be called in the stack's state."""
        if self.formerly is None:
            return []
        return [pulumi.Alias(name=self._former_name(name))]

    def component_aliases(self, name: str) -> list[pulumi.Alias | pulumi.Input[str]]:
        """Return what a component that is called `name` may be called in the stack's state.

        Stacks of before there was a `Fleet` have all components at the top; Pulumi itself crosses these aliases with
        those of the parents.
        """
        top: list[pulumi.Alias | pulumi.Input[str]] = [pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]
        if self.formerly is not None:
            top.append(pulumi.Alias(name=self._former_name(name), parent=pulumi.ROOT_STACK_RESOURCE))
        return [*self.aliases(name), *top]

    def _former_name(self, name: str) -> str:
        return f"{self.formerly}{name.removeprefix(self.environment)}"

    def annotations(self, item: KubernetesObject) -> dict[str, str]:
        """Return the annotations that an object is declared with: its own, whose it is, and how to apply it."""
        name = name_of_object(item)
        annotations = {**item["metadata"].get("annotations", {}), STACK_ANNOTATION: stack_name()}
        if name in self.gone or name in self.forced:
            # Pulumi takes its own state for what is there, so it must see a change.
            annotations[RESTORED_ANNOTATION] = self.now
            annotations[RESTORED_OVER_ANNOTATION] = str(self.generations.get(name, 0))
        if name in self.forced:
            annotations[_FORCE] = "true"
        return annotations

    def set_options(self, options: pulumi.ResourceOptions, item: KubernetesObject, name: str) -> pulumi.ResourceOptions:
        """Add to the options of the object `name` of the stack what makes it again if it is gone, and what keeps it."""
        options.aliases = self.aliases(name)
        if name_of_object(item) in self.gone:
            options.replace_on_changes, options.delete_before_replace = [*_LASTING], True
        elif name_of_object(item) not in self.forced:
            # Pulumi's provider compares what is declared with what the API server made of it (its Diff, provider.go).
            vain = self.rewritten.get(name_of_object(item), ())
            options.ignore_changes = [*_LASTING, *map(_property_path, vain)]
        if name_of_object(item) in self.split:
            options.replace_on_changes = [*(options.replace_on_changes or ()), "spec.prefill"]
            options.delete_before_replace = True
        if name_of_object(item) in self.kept:
            # The old service has the same name, so it must be gone before the new one is made.
            options.replace_on_changes = [*(options.replace_on_changes or ()), *_SELECTING]
            options.delete_before_replace = True
        return options


def _property_path(path: KeyPath) -> str:
    """Write a path as Pulumi does (https://www.pulumi.com/docs/iac/concepts/options/ignorechanges/)."""
    return path[0] + "".join(f".{key}" if _WORD.fullmatch(key) else f"[{json.dumps(key)}]" for key in path[1:])


def name_of_object(item: Mapping[str, Any]) -> ObjectName:
    """Return what tells an object from all others of its cluster."""
    metadata = item["metadata"]
    return ObjectName(item["kind"], metadata.get("namespace", ""), metadata["name"])
