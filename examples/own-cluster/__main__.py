"""An EKS cluster and the models on it. The first preview does not know the kubeconfig, and shows everything else."""

import json

import pulumi
import pulumi_aws as aws
from slicewise_pulumi import Fleet

from slicewise.clusters.access import eks_kubeconfig

REGION = "eu-central-1"
NODES = 2
config = pulumi.Config()
subnets = config.require_object("subnets")


def role(name: str, service: str, *policies: str) -> aws.iam.Role:
    """Return a role that a service of AWS assumes."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    made = aws.iam.Role(name, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    for policy in policies:
        arn = f"arn:aws:iam::aws:policy/{policy}"
        aws.iam.RolePolicyAttachment(f"{name}-{policy.lower()}", role=made.name, policy_arn=arn)
    return made


cluster = aws.eks.Cluster(
    "inference",
    role_arn=role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy").arn,
    vpc_config={"subnet_ids": subnets},
)
node_role = role(
    "nodes",
    "ec2.amazonaws.com",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
)
nodes = aws.eks.NodeGroup(
    "slices",
    cluster_name=cluster.name,
    node_role_arn=node_role.arn,
    subnet_ids=subnets,
    instance_types=["p5.48xlarge"],
    # NVIDIA's GPU operator, which this program leaves to you, cuts the GPUs as this label says.
    labels={"pool": "slices", "nvidia.com/mig.config": "all-3g.40gb"},
    taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    scaling_config={"desired_size": NODES, "min_size": NODES, "max_size": NODES},
)
kubeconfig = pulumi.Output.all(cluster.name, cluster.endpoint, cluster.certificate_authority).apply(
    lambda made: eks_kubeconfig(made[0], REGION, made[1], made[2]["data"])
)

fleet = Fleet(
    "models",
    environments=[
        {
            "metadata": {"name": "eks-a"},
            "spec": {
                "cluster": {"source": "Existing", "existing": {"secretRef": {"name": "eks-a"}}},
                "nodePools": [
                    {
                        "name": "slices",
                        "nodeSelector": {"pool": "slices"},
                        "acceleratorType": "nvidia-h100-80gb",
                        "acceleratorCount": 8,
                        "nodeCount": NODES,
                        "capabilities": {
                            "memoryPerGpu": "39Gi",
                            "migConfiguration": {"enabled": True, "profile": "3g.40gb", "strategy": "mixed"},
                        },
                    }
                ],
            },
        }
    ],
    models=[
        {
            "metadata": {"name": "gemma"},
            "spec": {
                "model": {"name": "google/gemma-3-12b-it"},
                "source": "HuggingFace",
                "huggingFace": {"repo": "google/gemma-3-12b-it"},
                "serving": [
                    {"name": "slice", "replicaTopology": {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}}
                ],
            },
        }
    ],
    deployments=[
        {
            "metadata": {"name": "chat", "namespace": "team"},
            "spec": {
                "modelRef": {"name": "gemma"},
                "environments": 1,
                "scaling": {"signal": "Fixed", "fixed": {"replicas": 2}},
            },
        }
    ],
    # An Output: the cluster does not exist yet.
    kubeconfigs={"eks-a": kubeconfig},
    create_namespaces=True,
    opts=pulumi.ResourceOptions(depends_on=[nodes]),
)
pulumi.export("endpoints", fleet.endpoints)
