"""What a cluster that the stack makes gives to the rest of the program, whichever cloud has it."""

from __future__ import annotations

import pulumi


class ProvisionedCluster(pulumi.ComponentResource):
    """A cluster that the stack makes. Previewed and tested with mocks, never run on a cloud."""

    kubeconfig: pulumi.Output[str]
    """How to reach it, without a credential; secret."""
    ready: list[pulumi.Resource]
    """What must be there before anything runs on GPUs."""
