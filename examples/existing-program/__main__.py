"""A platform's own program: what it had before, a fleet beside it, and a resource that uses what the fleet says."""

import json
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from slicewise_pulumi import Fleet

# Not set in CI, where `slicewise:kubeconfigSource` is `none`: a preview without any cluster.
kubeconfig = pulumi.Config().get_secret("kubeconfig")

# What the program had before: its own provider, and a namespace with a quota.
platform = kubernetes.Provider("platform-cluster", kubeconfig=kubeconfig or "", cluster_identifier="platform")
namespace = kubernetes.core.v1.Namespace(
    "team", metadata={"name": "team"}, opts=pulumi.ResourceOptions(provider=platform, protect=True)
)
quota = kubernetes.core.v1.ResourceQuota(
    "gpus",
    metadata={"name": "gpus", "namespace": namespace.metadata["name"]},
    spec={"hard": {"requests.nvidia.com/mig-3g.40gb": "8"}},
    opts=pulumi.ResourceOptions(provider=platform, parent=namespace),
)


def with_owner(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Label every service, as this platform labels everything; the engine applies it to all children."""
    if not args.type_.endswith(":LLMInferenceService"):
        return None
    metadata: Any = args.props["metadata"]
    labels = {**metadata.get("labels", {}), "acme.example/owner": "platform"}
    props = {**args.props, "metadata": {**metadata, "labels": labels}}
    return pulumi.ResourceTransformResult(props, args.opts)


fleet = Fleet(
    "models",
    documents=["fleet"],
    kubeconfigs={"platform": kubeconfig} if kubeconfig else {},
    opts=pulumi.ResourceOptions(
        # The namespace and the quota are there before anything is placed.
        depends_on=[namespace, quota],
        # `pulumi destroy` refuses, until someone takes this away.
        protect=pulumi.Config().get_bool("protect") or False,
        transforms=[with_owner],
    ),
)

# Applied after everything in the fleet, because it takes one of its outputs.
kubernetes.core.v1.ConfigMap(
    "endpoints",
    metadata={"name": "endpoints", "namespace": "team"},
    data={"endpoints.json": fleet.endpoints.apply(json.dumps)},
    opts=pulumi.ResourceOptions(provider=platform),
)
pulumi.export("endpoints", fleet.endpoints)
