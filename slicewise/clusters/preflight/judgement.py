"""What a cluster's answer means for the plan: what keeps it from being applied, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from slicewise.clusters.access import Cause
from slicewise.clusters.live import THE_RIGHTS, ApiKind, Right, denials
from slicewise.clusters.preflight.conversation import ClusterAnswer
from slicewise.clusters.preflight.missing_namespaces import LET_THE_STACK, absent_namespaces, ending_namespaces
from slicewise.diagnostics import Code
from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    CONFIG_KIND,
    DEVICE_CLASS_KIND,
    INFERENCE_POOL_KIND,
    LEADER_WORKER_SET_KIND,
    ROUTE_KIND,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
)

CAUSES: Final = {
    Cause.UNREACHABLE: Code.CLUSTER_UNREACHABLE,
    Cause.NOT_KUBERNETES: Code.NOT_KUBERNETES,
    Cause.CREDENTIAL: Code.CREDENTIAL_REFUSED,
    # Every authenticated user may use discovery, so a refusal of it means that the credential is not accepted.
    Cause.RIGHTS: Code.CREDENTIAL_REFUSED,
    Cause.CONNECTION: Code.CLUSTER_NOT_ASKED,
}

_OF_DRA: Final = "Kubernetes 1.34 or newer, where pools have an allocation by NVIDIA's DRA driver"
_INSTALL: Final = {
    SERVICE_KIND: "KServe 0.20 with its LLMInferenceService controller",
    CONFIG_KIND: "KServe 0.20 with its LLMInferenceService controller",
    SCALED_OBJECT_KIND: "KEDA (2.20 or newer), which scales the deployments whose scaling has signal: Concurrency",
    # KServe's controller looks once, when it starts, whether the kind is there (its SetupWithManager).
    LEADER_WORKER_SET_KIND: "LeaderWorkerSet (https://lws.sigs.k8s.io; 0.9.0 is tested), of which KServe makes "
    "replicas that span several nodes; if KServe runs already, restart its controller, which looks for the kind only "
    "when it starts",
    ROUTE_KIND: "Gateway API (its CRDs and a controller of Gateways), through which routed deployments answer",
    CLAIM_TEMPLATE_KIND: _OF_DRA,
    DEVICE_CLASS_KIND: _OF_DRA,
    INFERENCE_POOL_KIND: "the inference extension of Gateway API, for router.scheduler: without its CRDs KServe "
    "makes no route at all",
}


class Problem(NamedTuple):
    """What keeps a plan from being applied in a cluster, or is not known of it: what is the matter, and what to do."""

    code: Code
    message: str
    remedy: str

    @property
    def text(self) -> str:
        """The message and what to do, in one sentence."""
        return f"{self.message}; {self.remedy}"


RIGHTS_UNKNOWN: Final = Problem(
    Code.RIGHTS_NOT_KNOWN,
    "the credential's user may not ask what it may do (system:basic-user), so whether it may apply the plan shows only "
    "when that is done",
    "let it create selfsubjectrulesreviews.authorization.k8s.io and selfsubjectaccessreviews",
)
"""The user may not ask which rights it has."""


def unserved_kinds(unserved: Sequence[tuple[ApiKind, Sequence[str]]]) -> str:
    """Name kinds that an API server does not serve, and the versions of their groups that it does."""
    missing = ", ".join(f"{kind.kind} ({kind.api_version})" for kind, _ in unserved)
    others = sorted({version for _, versions in unserved for version in versions})
    return f"{missing}, only other versions or kinds of {', '.join(others)}" if others else missing


def installing(unserved: Sequence[tuple[ApiKind, Sequence[str]]]) -> str:
    """Say what to install where kinds are not served, or to upgrade where other versions of their groups are."""
    needed = dict.fromkeys(_INSTALL[kind.kind] for kind, _ in unserved)
    how = "install or upgrade" if any(versions for _, versions in unserved) else "install"
    return f"{how} in the cluster: {'; '.join(needed)}"


def _unserved(unserved: Sequence[tuple[ApiKind, Sequence[str]]]) -> Problem:
    message = f"its API server does not serve {unserved_kinds(unserved)}"
    return Problem(Code.KIND_NOT_SERVED, message, installing(unserved))


def rights_missing(denied: Iterable[Right]) -> Problem:
    """Say what a user may not do, and where the rights that are needed are documented."""
    return Problem(
        Code.RIGHTS_MISSING,
        f"its user may not {denials(denied)}",
        f"give it {THE_RIGHTS}",
    )


def problems_of(answer: ClusterAnswer, let_the_stack: str = LET_THE_STACK) -> Iterator[Problem]:
    """Yield what keeps a plan from being applied in the cluster that gave `answer`.

    Args:
        answer: What the cluster said.
        let_the_stack: What to do for the stack to make namespaces.
    """
    if answer.unserved:
        yield _unserved(answer.unserved)
    if answer.denied:
        yield rights_missing(answer.denied)
    if answer.absent:
        yield Problem(Code.NAMESPACE_MISSING, *absent_namespaces(answer.absent, let_the_stack))
    if answer.ending:
        yield Problem(Code.NAMESPACE_MISSING, *ending_namespaces(answer.ending))
