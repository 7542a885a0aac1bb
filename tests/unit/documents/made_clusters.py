"""Clusters that the stack makes, and their pools."""

from __future__ import annotations

GKE = "{source: GKE, gke: {project: acme, location: europe-west4-b}}"
REGIONAL = "{source: GKE, gke: {project: acme, location: europe-west4}}"
EKS = "{source: EKS, eks: {region: eu-central-1, subnetIds: [subnet-0a, subnet-0b]}}"
EXISTING = "{source: Existing, existing: {secretRef: {name: mig-a}}}"
OWN = "nodeSelector: {acme.example/pool: slices}"


def environment(cluster: str, *pools: str, name: str = "mig-a") -> str:
    listed = "".join(f"    - {pool}\n" for pool in pools)
    return f"""\
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata: {{name: {name}}}
spec:
  cluster: {cluster}
  nodePools:
{listed}"""


def pool(
    *fields: str,
    name: str = "slices",
    gpu: str = "h100-80gb",
    count: str = "8",
    mig: str = "",
    memory: str = "10Gi",
    selector: str = OWN,
) -> str:
    capabilities = f"capabilities: {{memoryPerGpu: {memory}{mig}}}"
    common = [f"name: {name}", f"acceleratorType: {gpu}", f"acceleratorCount: {count}", selector, capabilities]
    return "{" + ", ".join([*(part for part in common if part), *fields]) + "}"


def sliced(profile: str, strategy: str = "single", more: str = "") -> str:
    return f", migConfiguration: {{enabled: true, profile: {profile}, strategy: {strategy}{more}}}"


H100 = "machineType: a3-highgpu-8g"
P5 = "machineType: p5.48xlarge"
