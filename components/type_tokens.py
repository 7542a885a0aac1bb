"""Every type token of Slicewise. They are in the URNs of users' stacks: changing one replaces what they run."""

from __future__ import annotations

from typing import Final

FLEET: Final = "slicewise:index:Fleet"
INFERENCE_ENVIRONMENT: Final = "slicewise:index:InferenceEnvironment"
MODEL_PLACEMENT: Final = "slicewise:index:ModelPlacement"
GKE_CLUSTER: Final = "slicewise:index:GkeCluster"
EKS_CLUSTER: Final = "slicewise:index:EksCluster"
