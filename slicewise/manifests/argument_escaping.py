"""Arguments on their way to the engine: whatever reads them before it gives back what was written."""

from __future__ import annotations

import shlex


def through_kubelet(argument: str) -> str:
    """Return what the kubelet makes `argument` of: in `args` it replaces $(NAME), and reads two $ as one.

    Source: k8s.io/kubernetes/third_party/forked/golang/expansion.
    """
    return argument.replace("$", "$$")


def through_kserves_shell(argument: str) -> str:
    """Return what the kubelet, and then the shell's `eval` of KServe's own presets, make `argument` of."""
    return through_kubelet(shlex.quote(argument))
