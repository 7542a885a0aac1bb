"""The resources that are broken, and the fields that most mutants are about."""

from __future__ import annotations

from typing import Final

# The demo: a model on a 3g.40gb slice, the same on a whole GPU, and one on 1g.10gb slices.
SLICE: Final = "mig-a/team-a/gemma-service"
WHOLE: Final = "onprem-b/team-a/gemma-service"
TINY: Final = "onprem-b/team-b/chat-small-service"
PROVIDER: Final = "mig-a-provider"
DEMO_STACK: Final = "slicewise-demo"
# The lab: two nodes a replica, a replica count that follows the load, and slices that are called nvidia.com/gpu.
MULTI: Final = "lab/team/huge-service"
CONFIG: Final = "lab-team-pipeline-parallel-config"
ELASTIC: Final = "lab/team/elastic-service"
SCALER: Final = "lab/team/elastic-scaledobject"
SINGLE: Final = "lab/team/single-service"
LAB_STACK: Final = "slicewise-lab"

TEMPLATE: Final = ("spec", "template")
WORKER: Final = ("spec", "worker")
MAIN: Final = (*TEMPLATE, "containers", 0)
LIMITS: Final = (*MAIN, "resources", "limits")
REQUESTS: Final = (*MAIN, "resources", "requests")
ENV: Final = (*MAIN, "env")
ARGS: Final = (*MAIN, "args")

GPU: Final = "nvidia.com/gpu"
MIG_3G: Final = "nvidia.com/mig-3g.40gb"
MIG_1G: Final = "nvidia.com/mig-1g.10gb"
