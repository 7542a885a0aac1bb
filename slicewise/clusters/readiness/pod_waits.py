"""Why a pod does not serve yet, in the words of whoever holds it up: the scheduler, the kubelet, the engine itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from slicewise.diagnostics import printable, some
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import STORAGE_INITIALIZER, KubernetesObject
from slicewise.sources import issued_token

_MOST_CHARACTERS: Final = 500
# What the kubelet calls a container that is simply on its way.
_ON_ITS_WAY: Final = (None, "PodInitializing", "ContainerCreating")
_OUT_OF_MEMORY: Final = "OOMKilled"


def is_ready(pod: KubernetesObject) -> bool:
    """Return whether the pod serves."""
    return _condition(pod, "Ready").get("status") == "True"


def unscheduled(pod: KubernetesObject) -> str | None:
    """Return the scheduler's words on a pod for which it has no node; None if it has one, or has not looked."""
    condition = _condition(pod, "PodScheduled")
    if mapping(pod.get("spec")).get("nodeName") or condition.get("status") != "False":
        return None
    return condition.get("message") or condition.get("reason") or "no reason given"


def waits_for(pod: KubernetesObject) -> str | None:
    """Return why the pod does not serve, so that "1 pod" can stand before it; None if it does."""
    if is_ready(pod):
        return None
    without_node = unscheduled(pod)
    if without_node is not None:
        return f"without a node: {_cut(without_node)}"
    if mapping(pod.get("metadata")).get("deletionTimestamp"):
        return "going"
    if templates := _without_claims(pod):
        return (
            f"without a node: its claim of the ResourceClaimTemplate {some(templates)} is not made: the template is "
            "missing (`pulumi up --refresh` makes it again), or kube-controller-manager's resourceclaim-controller "
            "does not run"
        )
    return _not_started(mapping(pod.get("status"))) or _on_its_way(mapping(pod.get("status")))


def _without_claims(pod: KubernetesObject) -> list[str]:
    """Return the templates of the claims that nobody has made of them yet; of such a pod the scheduler says nothing."""
    if mapping(pod.get("spec")).get("nodeName"):
        return []
    made = {text(each.get("name")) for each in items(mapping(pod.get("status")).get("resourceClaimStatuses"))}
    return [
        template
        for each in items(mapping(pod.get("spec")).get("resourceClaims"))
        if (template := text(each.get("resourceClaimTemplateName"))) and text(each.get("name")) not in made
    ]


def _not_started(status: Mapping[str, Any]) -> str:
    """Return which container the kubelet cannot start, or cannot keep running; empty if there is none."""
    for each in (*items(status.get("initContainerStatuses")), *items(status.get("containerStatuses"))):
        name, state = text(each.get("name")), mapping(each.get("state"))
        waiting = mapping(state.get("waiting"))
        if waiting.get("reason") not in _ON_ITS_WAY:
            ended = _ended(mapping(mapping(each.get("lastState")).get("terminated")))
            return f"not started: container {name}: {words(waiting)}{ended and f'; {ended}'}"
        if ended := _ended(mapping(state.get("terminated")), failed=True):
            return f"not started: container {name}: {ended}"
    return ""


def _on_its_way(status: Mapping[str, Any]) -> str:
    running = {
        part: [
            text(each.get("name"))
            for each in items(status.get(part))
            if mapping(each.get("state")).get("running") is not None
        ]
        for part in ("initContainerStatuses", "containerStatuses")
    }
    if STORAGE_INITIALIZER in running["initContainerStatuses"]:
        return "fetching the model's weights"
    if running["containerStatuses"]:
        return "running and not answering yet: an engine loads its weights first"
    return f"{status.get('phase') or 'Pending'}, but not Ready"


def words(condition: Mapping[str, Any]) -> str:
    """Return the reason and the message of a condition, or of what a container waits for."""
    return _cut(": ".join(each for each in (condition.get("reason"), condition.get("message")) if each) or "no reason")


def _ended(terminated: Mapping[str, Any], *, failed: bool = False) -> str:
    """Return how a container ended; empty if it did not, or where only failures matter, if it ended well.

    Pods of KServe's presets have the end of the log in the message (terminationMessagePolicy FallbackToLogsOnError).
    """
    code = terminated.get("exitCode")
    if not terminated or (failed and code == 0):
        return ""
    if terminated.get("reason") == _OUT_OF_MEMORY:
        return f"it was killed because it took more memory than its limit ({_OUT_OF_MEMORY}, exit code {code})"
    said = _last_error(text(terminated.get("message")))
    return f"it ended with exit code {code}{said and f': {_cut(said)}'}"


def _last_error(log: str) -> str:
    """Return the line of a log that says most: the last one with an error, else the last; a secret is never shown."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    line = (errors or lines or [""])[-1]
    secret = issued_token(line)
    return f"(not shown: the line has {secret} in it)" if secret else line


def _condition(pod: KubernetesObject, name: str) -> Mapping[str, Any]:
    conditions = items(mapping(pod.get("status")).get("conditions"))
    return next((each for each in conditions if each.get("type") == name), {})


def _cut(said: str) -> str:
    said = printable(" ".join(said.split()))
    return said if len(said) <= _MOST_CHARACTERS else f"{said[:_MOST_CHARACTERS]} …"
