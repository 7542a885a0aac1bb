"""One cluster that is there. `pulumi config set slicewise:kubeconfigSource none` previews it without the cluster."""

import pulumi
from slicewise_pulumi import InferenceEnvironment

environment = InferenceEnvironment(
    "mig-a",
    {
        "cluster": {"source": "Existing", "existing": {"secretRef": {"name": "mig-a"}}},
        "nodePools": [
            {
                "name": "slices",
                "nodeSelector": {"nvidia.com/mig.config": "all-3g.40gb"},
                "acceleratorType": "nvidia-h100-80gb",
                "acceleratorCount": 8,
                "nodeCount": pulumi.Config().get_int("nodes") or 1,
                "capabilities": {
                    "memoryPerGpu": "39Gi",
                    "migConfiguration": {"enabled": True, "profile": "3g.40gb", "strategy": "mixed"},
                },
            }
        ],
    },
    # Models and deployments, as YAML.
    documents=["fleet"],
    # None where the stack has no such key: then the stack's kubeconfigSource says where the secretRef is looked up.
    kubeconfig=pulumi.Config().get_secret("kubeconfig"),
)
pulumi.export("placements", environment.placements)
pulumi.export("nodePools", environment.node_pools)
