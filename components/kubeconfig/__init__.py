"""Where the kubeconfigs of existing clusters come from, and whether they can be used.

`kubeconfigs` returns them all, checked; each `from_*.py` is one source, which imports its SDK only when it is asked.
`nowhere` is for previews without clusters, and `sweep_while_the_engine_runs` removes the provider's copies.
"""

from .checks import EnvironmentKubeconfig
from .from_program import ProgramKubeconfigs, kubeconfigs_of_program
from .no_cluster import NOWHERE, nowhere
from .sources import kubeconfigs
from .sweeping import sweep_while_the_engine_runs

__all__ = [
    "NOWHERE",
    "EnvironmentKubeconfig",
    "ProgramKubeconfigs",
    "kubeconfigs",
    "kubeconfigs_of_program",
    "nowhere",
    "sweep_while_the_engine_runs",
]
