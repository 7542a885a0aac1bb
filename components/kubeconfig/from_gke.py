"""Kubeconfigs of GKE clusters that are there already, from what Google Cloud says of them. They hold no credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from slicewise.clusters.access import gke_kubeconfig
from slicewise.documents import GkeReference

from ..stack_config import StackConfig
from .cloud import GOOGLE, ask_cloud
from .source import KubeconfigSource, SourceError, gather_reads


async def _read_one(reference: GkeReference) -> object:
    # Imported here: it takes seconds, and only stacks that ask Google Cloud need it.
    from pulumi_gcp import container  # noqa: PLC0415

    what = f"GKE cluster {reference.project}/{reference.location}/{reference.cluster}"
    asked = container.get_cluster_output(name=reference.cluster, location=reference.location, project=reference.project)
    found = await ask_cloud(asked, what, _remedies(reference))
    authorities = [auth.cluster_ca_certificate for auth in found.master_auths or ()]
    # The data source answers without them where the cluster is not there, or has its endpoint of addresses turned off.
    if not found.endpoint or not any(authorities):
        message = (
            f"{what} has no endpoint; check the three names. Where only its DNS endpoint is on, put a kubeconfig of "
            "`gcloud container clusters get-credentials --dns-endpoint` into a secret, and use secretRef"
        )
        raise SourceError(message)
    return gke_kubeconfig(reference.cluster, found.endpoint, authorities[0])


def _remedies(reference: GkeReference) -> Mapping[str, str]:
    return {
        **GOOGLE,
        "permission": f"grant roles/container.developer in project {reference.project} to whoever runs Pulumi",
        "missing": f"compare with: gcloud container clusters list --project {reference.project}",
    }


class _GkeClusters:
    """GKE clusters that are there already."""

    async def read(self, references: Sequence[GkeReference], _stack: StackConfig) -> Sequence[object]:
        return await gather_reads(map(_read_one, references))

    def remedy(self, reference: GkeReference, _stack: StackConfig) -> str:
        return _remedies(reference)["missing"]


GKE: Final[KubeconfigSource[GkeReference]] = _GkeClusters()
