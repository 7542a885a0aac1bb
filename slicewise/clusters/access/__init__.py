"""Reaching clusters: kubeconfigs that can be used, whether a server answers, and clients of it.

`read_ambient` and `read_files` find a kubeconfig as kubectl does, `check_kubeconfig` says whether one can be used from
here, `open_client` makes a client of it, and `refusal_of` says what may be shown of an error that the client raised.
`SWEEPER` is the script that removes copies of kubeconfigs.
"""

from slicewise.clusters.access.ambient import can_be_read, not_a_file, read_ambient, read_files
from slicewise.clusters.access.client import close_client, open_client
from slicewise.clusters.access.exec_kubeconfig import eks_kubeconfig, gke_kubeconfig
from slicewise.clusters.access.kubeconfig import KubeconfigError, read_context
from slicewise.clusters.access.kubeconfig_check import CheckedKubeconfig, check_kubeconfig
from slicewise.clusters.access.kubeconfig_flaws import Weakness
from slicewise.clusters.access.marking import marked
from slicewise.clusters.access.raw_requests import dry_apply, get_metadata, get_object, post_object
from slicewise.clusters.access.reachability import unreachable
from slicewise.clusters.access.refusals import Cause, NotKubernetesError, Refusal, refusal_of
from slicewise.clusters.access.sweeper import SWEEPER
from slicewise.clusters.access.temporary_directory import private_tmp

__all__ = [
    "SWEEPER",
    "Cause",
    "CheckedKubeconfig",
    "KubeconfigError",
    "NotKubernetesError",
    "Refusal",
    "Weakness",
    "can_be_read",
    "check_kubeconfig",
    "close_client",
    "dry_apply",
    "eks_kubeconfig",
    "get_metadata",
    "get_object",
    "gke_kubeconfig",
    "marked",
    "not_a_file",
    "open_client",
    "post_object",
    "private_tmp",
    "read_ambient",
    "read_context",
    "read_files",
    "refusal_of",
    "unreachable",
]
