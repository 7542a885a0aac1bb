"""Whether the GPUs of a pool's nodes are of the declared model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.pool_node import PoolNode
from slicewise.diagnostics import Code, Found, Severity, counted, have, some
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import GKE_ACCELERATOR_LABEL, PRODUCT_LABEL


def check_gpu_models(compared: ComparedPool) -> Iterator[Found]:
    """Yield a pool of several GPU models, or of another than the declared one."""
    models = Counter(_model_name(node) for node in compared.gpu_nodes)
    models.pop("", None)
    known = {node.model for node in compared.gpu_nodes if node.model}
    unknown = {_model_name(node) for node in compared.gpu_nodes if not node.model} - {""}
    if len(known) > 1 or (not known and len(unknown) > 1):
        odd = [node.name for node in compared.gpu_nodes if node.model and node.model != compared.model]
        which = f"; not {compared.model.name}: {some(odd)}" if compared.model and odd else ""
        misled = _misled(compared.gpu_nodes if compared.model is None else _other(compared))
        yield Found(
            Code.MIXED_GPU_MODELS,
            Severity.ERROR if misled else Severity.WARNING,
            f"the nodes have several GPU models: {_list_models(models)}{which}{_lack(misled)}",
            "declare a pool for each GPU model, with a nodeSelector that tells them apart "
            f"({PRODUCT_LABEL} or {GKE_ACCELERATOR_LABEL})",
            ("models", *(node.name for node in compared.gpu_nodes)),
            takes_room=not misled,
            facts={"nodesByModel": dict(sorted(models.items()))},
        )
        return
    others = [node for node in compared.gpu_nodes if node.is_other_model]
    if others:
        misled, names = _misled(others), [node.name for node in others]
        yield Found(
            Code.OTHER_GPU_MODEL,
            Severity.ERROR if misled else Severity.WARNING,
            f"{compared.pool.accelerator_type} is declared, but {counted(len(others), 'node')} ({some(names)}) "
            f"{have(len(others))} {_model_name(others[0])}{_lack(misled)}",
            f"write acceleratorType: {_model_name(others[0])} with the profile and memory of that GPU, "
            "or correct the nodeSelector",
            (compared.pool.accelerator_type, *names),
            takes_room=not misled,
            facts={"nodes": len(others)},
        )


def _other(compared: ComparedPool) -> list[PoolNode]:
    """Return the nodes that have, or may have, another GPU model than the declared one."""
    return [node for node in compared.gpu_nodes if node.model != compared.model]


def _misled(nodes: Iterable[PoolNode]) -> list[DeploymentKey]:
    """Return the deployments whose pods may go to one of these nodes, and require more than its GPUs have."""
    return sorted({name for node in nodes if node.units for name in node.unmet})


def _lack(misled: Sequence[DeploymentKey]) -> str:
    if not misled:
        return ""
    verb = "requires" if len(misled) == 1 else "require"
    return f"; {some(list(map(str, misled)))} {verb} what such a GPU lacks, or is not known to have"


def _model_name(node: PoolNode) -> str:
    if node.gpus is None:
        return ""
    if node.model is None and (node.gpus.has_several_models or node.gpus.names_any_model):
        return ""
    return node.model.name if node.model else node.gpus.accelerator or ""


def _list_models(models: Counter[str]) -> str:
    ordered = sorted(models.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{name} on {counted(count, 'node')}" for name, count in ordered])
