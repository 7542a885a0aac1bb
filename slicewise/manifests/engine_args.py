"""The arguments that a placement's pods add to the command of KServe's presets, or of Slicewise's own config."""

from __future__ import annotations

from slicewise.documents import ServingProfile
from slicewise.manifests.argument_escaping import through_kserves_shell, through_kubelet
from slicewise.manifests.kv_transfer import kv_transfer_args

_EXPERT = "--enable-expert-parallel"
_NO_EXPERT = "--no-enable-expert-parallel"


def engine_args(profile: ServingProfile, *, hands_over: bool = False) -> list[str]:
    """Return them, escaped for the kubelet, and quoted where a shell will evaluate them.

    All presets of KServe v0.20 end in the shell's `eval`, which takes quotes away: the one for a single node since
    v0.18, the one for data parallelism over several nodes too. Slicewise's config for pipeline parallelism does not,
    and a command of the document's own gets what the document says alone: Slicewise knows none of its options.

    Args:
        profile: How the pods are served.
        hands_over: Whether prompts are computed in other pods than answers.
    """
    topology = profile.replica_topology
    if topology.pipelined or profile.engine.command:
        return [through_kubelet(argument) for argument in profile.engine.args]
    own = _one_node(profile) if topology.nodes == 1 else _data_parallel(profile)
    transfer = kv_transfer_args(profile) if hands_over else []
    return [through_kserves_shell(argument) for argument in (*own, *transfer, *profile.engine.args)]


def _one_node(profile: ServingProfile) -> list[str]:
    """Return the flags of one node's parallel sizes: KServe renders only tensor, and that only since v0.20."""
    sizes = profile.replica_topology.parallel_sizes
    flags = {
        "--tensor-parallel-size": sizes.tensor,
        "--pipeline-parallel-size": sizes.pipeline,
        "--data-parallel-size": sizes.data,
    }
    args = [f"{flag}={size}" for flag, size in flags.items() if size > 1]
    return [*args, _EXPERT] if profile.replica_topology.parallelism.expert else args


def _data_parallel(profile: ServingProfile) -> list[str]:
    """Return the flag that takes back what `spec.parallelism` always says: see `parallelism_spec`."""
    return [] if profile.replica_topology.parallelism.expert else [_NO_EXPERT]
