"""Kubeconfigs of EKS clusters that are there already, from what AWS says of them. They hold no credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from slicewise.clusters.access import eks_kubeconfig
from slicewise.documents import EksReference

from ..stack_config import StackConfig
from .cloud import AWS, ask_cloud
from .source import KubeconfigSource, SourceError, gather_reads


async def _read_one(reference: EksReference) -> object:
    # Imported here: it takes seconds, and only stacks that ask AWS need it.
    from pulumi_aws import eks  # noqa: PLC0415

    what = f"EKS cluster {reference.region}/{reference.cluster}"
    found = await ask_cloud(
        eks.get_cluster_output(name=reference.cluster, region=reference.region), what, _remedies(reference)
    )
    authorities = [authority.data for authority in found.certificate_authorities or ()]
    # A cluster that EKS is still creating has neither.
    if not found.endpoint or not any(authorities):
        message = f"{what} has no endpoint yet; wait until `aws eks describe-cluster` says ACTIVE"
        raise SourceError(message)
    return eks_kubeconfig(reference.cluster, reference.region, found.endpoint, authorities[0])


def _remedies(reference: EksReference) -> Mapping[str, str]:
    return {
        **AWS,
        "permission": f"allow eks:DescribeCluster on cluster {reference.cluster} to whoever runs Pulumi",
        "missing": f"compare with: aws eks list-clusters --region {reference.region}",
    }


class _EksClusters:
    """EKS clusters that are there already."""

    async def read(self, references: Sequence[EksReference], _stack: StackConfig) -> Sequence[object]:
        return await gather_reads(map(_read_one, references))

    def remedy(self, reference: EksReference, _stack: StackConfig) -> str:
        return _remedies(reference)["missing"]


EKS: Final[KubeconfigSource[EksReference]] = _EksClusters()
