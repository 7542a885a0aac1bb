"""Whether the GPUs of a pool's nodes are of the declared model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from slicewise.clusters.live import LiveNode
from slicewise.clusters.verify.pools.compared_pool import ComparedPool, gpu_facts
from slicewise.clusters.verify.pools.membership import names_of, units_of
from slicewise.clusters.verify.pools.requirements import unmet
from slicewise.clusters.verify.pools.units import is_other_model
from slicewise.diagnostics import Code, Found, Severity, counted, have, some
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import GKE_ACCELERATOR_LABEL, PRODUCT_LABEL


def check_models(compared: ComparedPool) -> Iterator[Found]:
    """Yield a pool of several GPU models, or of another than the declared one."""
    models = Counter(name for node in compared.gpu_nodes for name in _model_names(compared, node))
    models.pop("", None)
    known = {model for _, gpus in gpu_facts(compared.gpu_nodes) for model in gpus.models_of(compared.resource)}
    unknown = {_model_name(node) for node, gpus in gpu_facts(compared.gpu_nodes) if not gpus.model} - {""}
    if len(known) > 1 or (not known and len(unknown) > 1):
        odd = [
            node.name
            for node, gpus in gpu_facts(compared.gpu_nodes)
            if any(model != compared.model for model in gpus.models_of(compared.resource))
        ]
        which = f"; not {compared.model.name}: {some(odd)}" if compared.model and odd else ""
        misled = _misled(compared, compared.gpu_nodes if compared.model is None else _other(compared))
        yield Found(
            Code.MIXED_GPU_MODELS,
            Severity.ERROR if misled else Severity.WARNING,
            f"the nodes have several GPU models: {_list_models(models)}{which}{_lack(misled)}",
            "declare a pool for each GPU model, with a nodeSelector that tells them apart "
            f"({PRODUCT_LABEL} or {GKE_ACCELERATOR_LABEL})",
            ("models", *names_of(compared.gpu_nodes)),
            takes_room=not misled,
        )
        return
    others = [node for node, gpus in gpu_facts(compared.gpu_nodes) if is_other_model(compared, gpus)]
    if others:
        misled = _misled(compared, others)
        yield Found(
            Code.OTHER_GPU_MODEL,
            Severity.ERROR if misled else Severity.WARNING,
            f"declared is {compared.pool.accelerator_type}, {counted(len(others), 'node')} ({some(names_of(others))}) "
            f"{have(len(others))} {_model_name(others[0])}{_lack(misled)}",
            f"write acceleratorType: {_model_name(others[0])} with the profile and memory of that GPU, "
            "or correct the nodeSelector",
            (compared.pool.accelerator_type, *names_of(others)),
            takes_room=not misled,
        )


def _other(compared: ComparedPool) -> list[LiveNode]:
    """Return the nodes that have, or may have, another GPU model than the declared one."""
    return [
        node
        for node, gpus in gpu_facts(compared.gpu_nodes)
        if any(model != compared.model for model in gpus.models_of(compared.resource) or (None,))
    ]


def _misled(compared: ComparedPool, nodes: Iterable[LiveNode]) -> list[DeploymentKey]:
    """Return the deployments whose pods may go to one of these nodes, and require more than its GPUs have."""
    return sorted(
        {
            name
            for node, gpus in gpu_facts([node for node in nodes if units_of(node, compared.resource)])
            for name in unmet(compared.required, gpus, compared.resource)
        }
    )


def _lack(misled: Sequence[DeploymentKey]) -> str:
    if not misled:
        return ""
    verb = "requires" if len(misled) == 1 else "require"
    return f"; {some(list(map(str, misled)))} {verb} what such a GPU lacks, or is not known to have"


def _model_name(node: LiveNode) -> str:
    if node.gpus is None:
        return ""
    return node.gpus.model.name if node.gpus.model else node.gpus.accelerator or ""


def _model_names(compared: ComparedPool, node: LiveNode) -> list[str]:
    """Return the node's model and, where the label of the pool's resource says another, that one too."""
    models = node.gpus.models_of(compared.resource) if node.gpus else ()
    return [model.name for model in models] or [_model_name(node)]


def _list_models(models: Counter[str]) -> str:
    ordered = sorted(models.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{name} on {counted(count, 'node')}" for name, count in ordered])
