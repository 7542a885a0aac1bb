"""The component of one environment: its provider, and the objects that its placements share."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from slicewise.clusters.access import marked
from slicewise.clusters.live import NAMESPACE_KIND
from slicewise.manifests import KubernetesObject

from .kubernetes_objects import declare
from .object_handling import Handling, name_of_object
from .type_tokens import INFERENCE_ENVIRONMENT


class InferenceEnvironment(pulumi.ComponentResource):
    """One cluster. Everything in it is applied through `provider`, never through an ambient kubeconfig."""

    provider: kubernetes.Provider
    """The provider of this cluster alone."""
    kubeconfig: pulumi.Output[str]
    """How to reach it; secret."""
    handling: Handling
    """How the environment's objects are declared."""
    shared: list[pulumi.Resource]
    """What must be there before any placement."""

    def __init__(
        self,
        name: str,
        *,
        kubeconfig: pulumi.Output[str],
        namespaces: Sequence[str],
        objects: Sequence[KubernetesObject],
        handling: Handling | None = None,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        self.handling = handling or Handling(name)
        super().__init__(INFERENCE_ENVIRONMENT, name, None, pulumi.ResourceOptions(aliases=self.handling.aliases(name)))
        self.kubeconfig = pulumi.Output.secret(kubeconfig)
        self.provider = kubernetes.Provider(
            f"{name}-provider",
            # The provider leaves a copy in the temporary directory; the sweeper finds it by this mark.
            kubeconfig=self.kubeconfig.apply(marked),
            # Without it, a rotated CA or a new endpoint would replace every object of the cluster.
            cluster_identifier=self.handling.identifier or name,
            opts=pulumi.ResourceOptions(parent=self, aliases=self.handling.aliases(f"{name}-provider")),
        )
        self.shared = [*after]
        # A slash is in no name of Kubernetes: environment a and namespace b-c are not a-b and c.
        self.shared += [self._namespace(f"{name}/{namespace}/namespace", namespace) for namespace in namespaces]
        self.shared += [
            declare(
                f"{name}/{item['metadata']['namespace']}/pipeline-parallel-config",
                item,
                self.handling,
                parent=self,
                provider=self.provider,
                after=list(self.shared),
                # KServe looks for it by its name: another stack's services in the namespace may have come to need it.
                retained=True,
            )
            for item in objects
            if name_of_object(item) not in self.handling.left_alone
        ]
        self.register_outputs({})

    def _namespace(self, name: str, namespace: str) -> pulumi.Resource:
        # Imported here: typed resources take 0.4 s, and only stacks that declare a namespace need them.
        from pulumi_kubernetes.core.v1 import Namespace  # noqa: PLC0415

        item = {"kind": NAMESPACE_KIND, "metadata": {"name": namespace}}
        # It may have got what others need: secrets, volumes, services of another stack. So it is never deleted.
        options = pulumi.ResourceOptions(parent=self, provider=self.provider, retain_on_delete=True)
        return Namespace(
            name,
            metadata={"name": namespace, "annotations": self.handling.annotations(item)},
            opts=self.handling.set_options(options, item, name),
        )
