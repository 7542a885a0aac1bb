"""A real Kubernetes control plane, or a whole cluster with fake GPU nodes and KServe, on the loopback interface.

`Program` runs a checkout of Slicewise with the real engine and a backend in files, with or without such a cluster.
"""

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService, install_kserve_crds
from embedded.program import CHECKOUT, Program

__all__ = ["CHECKOUT", "ControlPlane", "LLMInferenceService", "Program", "connect", "install_kserve_crds"]
