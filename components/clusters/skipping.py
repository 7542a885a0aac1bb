"""`onUnreachable`: whether a cluster that cannot be used now stops the run, or its environment is left as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from slicewise.diagnostics import Code, counted, printable_lines, some
from slicewise.planning import output_entries

from ..stack_config import OnUnreachable, StackConfig
from ..state import LEAVING_OUTPUT, SKIPPED_OUTPUT, EnvironmentState, StackState

# What the next `pulumi up` waits for, by what keeps this one from changing the environment.
_KUBECONFIG_USABLE: Final = "its kubeconfig can be used"
_UNTIL: Final = {
    Code.KUBECONFIG_MISSING: _KUBECONFIG_USABLE,
    Code.KUBECONFIG_INVALID: _KUBECONFIG_USABLE,
    Code.NO_KUBECONFIG_SOURCE: _KUBECONFIG_USABLE,
    Code.KUBECONFIG_SOURCE_FAILED: _KUBECONFIG_USABLE,
    Code.KUBECONFIG_NEEDS_FILES: _KUBECONFIG_USABLE,
    Code.KUBECONFIG_NEEDS_PLUGIN: _KUBECONFIG_USABLE,
    Code.CLUSTER_UNREACHABLE: "the cluster answers again",
    Code.CREDENTIAL_REFUSED: "the cluster accepts the credential",
    Code.RIGHTS_MISSING: "the credential has the rights",
    Code.KIND_NOT_SERVED: "the cluster serves these kinds",
    Code.NAMESPACE_MISSING: "the namespaces are there",
}
_UNTIL_FIXED: Final = "what is written here is fixed"
# What the plan says of an environment, in the stack's outputs.
_BY_ENVIRONMENT: Final = ("placements", "nodePools")


@dataclass(frozen=True, slots=True)
class SkipReason:
    """Why an environment cannot be changed now: text that has its code in it, and the code by itself."""

    environment: str
    text: str
    code: Code

    @property
    def until(self) -> str:
        """When it does not keep `pulumi up` from changing the environment any more."""
        return _UNTIL.get(self.code, _UNTIL_FIXED)


Skipped = Mapping[str, tuple[SkipReason, ...]]
"""The environments that are left as they are, with the reasons."""


def skip_or_fail(
    config: StackConfig, environments: Collection[str], reasons: Sequence[SkipReason], heading: str
) -> Skipped:
    """Return the environments that are left as they are, with the reasons.

    Args:
        config: The stack's configuration.
        environments: All environments that exist.
        reasons: What keeps some from being changed.
        heading: What the reasons are, for the error's first line.

    Raises:
        pulumi.RunError: there are reasons, and `onUnreachable` is fail.
    """
    skipped: dict[str, tuple[SkipReason, ...]] = {}
    for reason in reasons:
        skipped[reason.environment] = (*skipped.get(reason.environment, ()), reason)
    if not skipped or config.on_unreachable is OnUnreachable.SKIP:
        return skipped
    lines = "\n".join(dict.fromkeys(f"  {reason.text}" for reason in reasons))
    others = len(set(environments) - set(skipped))
    advice = (
        f"\nTo leave {some(sorted(skipped))} as it is for now and go on with {counted(others, 'other environment')}: "
        f"{config.how_to_set('onUnreachable', 'skip')}"
    )
    message = f"{heading}, so nothing is changed:\n{lines}{advice if others else ''}"
    raise pulumi.RunError(printable_lines(message))


def refuse_if_all_are_skipped(config: StackConfig, environments: Collection[str], skipped: Skipped) -> None:
    """Stop the run where no environment is left that could be changed.

    Args:
        config: The stack's configuration.
        environments: All that could be changed: those that are declared, those that leave, those that are renamed.
        skipped: Those that are left as they are.

    Raises:
        pulumi.RunError: all of them are skipped; it has the reasons.
    """
    if not skipped or set(environments) - skipped.keys():
        return
    lines = "\n".join(dict.fromkeys(f"  {reason.text}" for reasons in skipped.values() for reason in reasons))
    setting, _ = config.where("onUnreachable")
    message = f"every environment is skipped ({setting} is skip), so nothing can be changed:\n{lines}"
    raise pulumi.RunError(printable_lines(message))


def keep_outputs(
    outputs: Mapping[str, Any], before: Mapping[str, Any], skipped: Collection[str], leaving: Collection[str] = ()
) -> dict[str, Any]:
    """Return the stack's outputs, in which skipped environments are named, and are as the last update left them.

    What leaves is named too, because its deletion may fail.

    Args:
        outputs: The plan as outputs.
        before: The outputs of the last update.
        skipped: The environments that are left as they are.
        leaving: The environments whose placements are deleted when the program has ended.
    """
    kept = dict(outputs)
    if left := {**_entries(before, LEAVING_OUTPUT, leaving), **_entries(before, "placements", leaving)}:
        kept[LEAVING_OUTPUT] = left
    if not skipped:
        return kept
    kept[SKIPPED_OUTPUT] = sorted(skipped)
    for key in _BY_ENVIRONMENT:
        now = {name: each for name, each in outputs[key].items() if each["environment"] not in skipped}
        kept[key] = dict(sorted({**now, **_entries(before, key, skipped)}.items()))
    return kept


def _entries(outputs: Mapping[str, Any], key: str, environments: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return what an output says of the environments; nothing of one that cannot be read (`planAfresh`)."""
    entries = output_entries(outputs.get(key))
    return {name: each for name, each in entries.items() if each["environment"] in environments}


def tell_skipped(skipped: Skipped, outputs: Mapping[str, Any], state: StackState) -> None:
    """Log, as a warning for each environment that is left as it is, why that is, and what waits for it.

    Args:
        skipped: The environments, with the reasons.
        outputs: The plan as outputs.
        state: What the last update left.
    """
    for name, reasons in skipped.items():
        there = set(state.environments.get(name, EnvironmentState()).placements)
        planned, before = (_entries(each, "placements", {name}) for each in (outputs, state.outputs))
        changes = {each for each in planned.keys() & before.keys() & there if planned[each] != before[each]}
        waits = [
            *_listed(("is not there yet", "are not there yet"), planned.keys() - there),
            *_listed(("changes then", "change then"), changes),
            *_listed(("stays, and goes then", "stay, and go then"), there - planned.keys()),
        ]
        later = f" ({'; '.join(waits)})" if waits else ""
        told = "\n".join(f"  {reason.text}" for reason in reasons)
        until = some(list(dict.fromkeys(reason.until for reason in reasons)))
        stay = "stays as it is" if len(there) == 1 else "stay as they are"
        message = (
            f"environment {name} is skipped, it cannot be changed now:\n{told}\n  "
            f"{counted(len(there), 'placement')} of it {stay}, and nothing that has changed in the documents is "
            f"applied there{later}. `pulumi up` catches up when {until} [{Code.ENVIRONMENT_SKIPPED}]"
        )
        pulumi.log.warn(printable_lines(message))


def _listed(what: Sequence[str], names: set[str]) -> list[str]:
    one, several = what
    return [f"{some(sorted(names))} {one if len(names) == 1 else several}"] if names else []
