"""A real Kubernetes control plane, or a whole cluster with fake GPU nodes and KServe, on the loopback interface.

`Program` runs a checkout of Slicewise with the real engine and a backend in files, with or without such a cluster.
"""

from embedded.program import CHECKOUT, Program

__all__ = ["CHECKOUT", "Program"]
