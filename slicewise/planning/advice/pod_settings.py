"""What documents say of pods that the promise of a plan does not cover: who else decides whether and where they run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, some
from slicewise.documents import DeploymentKey, Fleet, PodSettings, effective_base_refs, model_key
from slicewise.planning.advice.occupied_pool import OccupiedPool, Tenant, pod_of
from slicewise.planning.plan import Placement

_KUBE_SCHEDULER: Final = "default-scheduler"
# Labels by which queues take pods (Kueue, KAI scheduler, Run:ai, Volcano); each holds pods back until there is quota.
_QUEUES: Final = ("kueue.x-k8s.io/queue-name", "kai.scheduler/queue", "runai/queue", "volcano.sh/queue-name")


def pod_settings_advice(fleet: Fleet, pools: Iterable[OccupiedPool]) -> Iterator[Diagnostic]:
    """Yield what others decide of the pods of a plan: another scheduler, a queue, preemption, another engine."""
    engines: set[tuple[object, ...]] = set()
    for pool in pools:
        classes: dict[str, list[DeploymentKey]] = {}
        for tenant in pool.tenants:
            pod = pod_of(pool, tenant)
            classes.setdefault(pod.priority_class_name or "", []).append(tenant.placement.deployment)
            found = (
                _of_scheduler(tenant.placement, pod),
                _of_queue(tenant.placement, pod),
                _of_mounts(fleet, tenant, pod),
                _of_engine(tenant, engines),
            )
            yield from filter(None, found)
        if len(classes) > 1:
            yield _several_priorities(pool, classes)


def _place(placement: Placement) -> str:
    return f"{placement.environment}/{placement.node_pool}"


def _of_scheduler(placement: Placement, pod: PodSettings) -> Diagnostic | None:
    if pod.scheduler_name in (None, _KUBE_SCHEDULER):
        return None
    return Diagnostic.warning(
        Code.OTHER_SCHEDULER,
        f"its pods on {_place(placement)} are scheduled by {pod.scheduler_name}: that accepted "
        "pods find a node in any order is shown for kube-scheduler, which alone Slicewise knows",
        "let no two schedulers fill one pool, and expect that this one may hold pods back by rules of its own",
        field=("spec",),
        subject=placement.deployment.subject,
        scheduler=pod.scheduler_name,
    )


def _of_queue(placement: Placement, pod: PodSettings) -> Diagnostic | None:
    if not pod.labels:
        return None
    labels = pod.labels
    queue = next((key for key in _QUEUES if key in labels), None)
    if queue is None:
        return None
    return Diagnostic.warning(
        Code.QUEUED_PODS,
        f"its pods on {_place(placement)} wait in queue {labels[queue]} ({queue}), whose quota "
        "decides when they start: the plan counts nodes, and no quotas of queues",
        "give the queue a quota of at least what the plan places there, and one pod more of each for updates",
        field=("spec",),
        subject=placement.deployment.subject,
        queue=labels[queue],
    )


def _of_mounts(fleet: Fleet, tenant: Tenant, pod: PodSettings) -> Diagnostic | None:
    """Return mounts of volumes that no document has; a config of the platform's own may have them."""
    placement, model = tenant.placement, tenant.model
    mounts = [*(pod.container.volume_mounts if pod.container else ()), *model.storage_initializer.volume_mounts]
    missing = sorted({mount.name for mount in mounts} - {volume.name for volume in pod.volumes}) if mounts else []
    if not missing or effective_base_refs(fleet.node_pool[placement.environment, placement.node_pool], model):
        return None
    return Diagnostic.warning(
        Code.MOUNT_WITHOUT_VOLUME,
        f"its pods on {_place(placement)} mount {some(missing)}, and no document has a volume "
        "of that name for them: the API server will refuse every pod",
        "write the volume in pod.volumes, or leave the mount out",
        field=("spec",),
        subject=placement.deployment.subject,
        volumes=missing,
    )


def _of_engine(tenant: Tenant, told: set[tuple[object, ...]]) -> Diagnostic | None:
    if tenant.profile.engine.command is None:
        return None
    placement, key = tenant.placement, model_key(tenant.deployment)
    about = (key, placement.profile, placement.is_prefill)
    if about in told:
        return None
    told.add(about)
    number = next(index for index, each in enumerate(tenant.model.serving) if each.name == placement.profile)
    return Diagnostic.warning(
        Code.ENGINE_NOT_JUDGED,
        f"profile {placement.profile} starts its engine by a command of its own, whose memory is not judged: it is "
        "placed by requires.memoryPerGpu alone, and its parallel sizes, name and port are the command's",
        "see that it serves on port 8000 and answers /health there",
        field=("spec", "serving", number, *(("prefill",) if placement.is_prefill else ()), "engine", "command"),
        subject=key.subject,
    )


def _several_priorities(pool: OccupiedPool, classes: dict[str, list[DeploymentKey]]) -> Diagnostic:
    described = [f"{name or 'none'} ({some(sorted(map(str, of)))})" for name, of in sorted(classes.items())]
    return Diagnostic.warning(
        Code.SEVERAL_PRIORITIES,
        f"pods on {pool.ledger.name} have several priority classes: {'; '.join(described)}; where a node fails or "
        "somebody else takes room, Kubernetes evicts those of the lower class for the others",
        "write one priorityClassName in the pool, unless that is meant",
        field=pool.field,
        subject=pool.subject,
        classes=sorted(classes),
    )
