"""What `waitForReady` makes `pulumi up` do: look at the clusters until everything serves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from slicewise.clusters.access import open_client, refusal_of
from slicewise.clusters.readiness import ExpectedService, observe, what_is_missing, why_unready
from slicewise.diagnostics import printable, printable_lines, some

if TYPE_CHECKING:
    from lightkube import AsyncClient

_FIRST_INTERVAL: Final = 0.5
_LAST_INTERVAL: Final = 10.0
_INTERVAL_GROWTH: Final = 1.2
# An API server that is replaced or restarted comes back within this.
_SILENCE_SECONDS: Final = 60.0
# Each look takes three requests: more at once would only slow the server and this machine.
_AT_ONCE: Final = 8
# A pod may be called unschedulable while an old pod is still ending: only later is it worth saying.
_LEAVING_SECONDS: Final = 10.0
# What fits on a screen.
_MOST_GROUPS: Final = 6
_MOST_NAMES: Final = 5


@dataclass(frozen=True, slots=True)
class Unready:
    """A placement that is not ready.

    Attributes:
        placement: Which, as users know it.
        missing: What is missing, in a few words.
        reasons: Why, a line each.
        leaving: The deployments whose room it waits for, which this update takes away when the program has ended.
    """

    placement: str
    missing: str
    reasons: tuple[str, ...]
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a placement is waited for.

    Attributes:
        seconds: The most.
        leaving: Deployments on the same pool which this update takes away. Pulumi does so only when the program has
            ended, so a pod that waits for their room is not waited for.
    """

    seconds: float
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """What is waited for: a placement, what it is to have, and for how long."""

    placement: str
    expected: ExpectedService
    patience: Patience


def wait_in(
    kubeconfig: pulumi.Output[str], waits: Sequence[Wait], *, after: pulumi.Output[Any]
) -> pulumi.Output[list[Unready | None]]:
    """Return what is missing in one cluster after all the patience there is, counted from when `after` is known.

    Nothing is waited for in a preview.
    """
    if pulumi.runtime.is_dry_run():
        return pulumi.Output.from_input([])
    return pulumi.Output.all(kubeconfig, after).apply(lambda values: wait_for(waits, values[0]))


async def wait_for(waits: Sequence[Wait], kubeconfig: str) -> list[Unready | None]:
    """Wait until all that is expected in one cluster is there; return what is missing in the end, or None, of each.

    One client is opened, and closed again. Nothing of the kubeconfig is in what is returned.
    """
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may have parts of the kubeconfig
        return [_unusable(each.placement, error) for each in waits]
    at_once = asyncio.Semaphore(_AT_ONCE)
    try:
        return await asyncio.gather(*(_wait_for(client, at_once, each) for each in waits))
    finally:
        await client.close()


async def _wait_for(client: AsyncClient, at_once: asyncio.Semaphore, wait: Wait) -> Unready | None:
    # Imported here: it takes 0.1 s, and plans without clusters do not need it.
    import httpx2  # noqa: PLC0415
    from lightkube.core.exceptions import ConfigError  # noqa: PLC0415

    placement, expected, patience = wait.placement, wait.expected, wait.patience
    start = answered = time.monotonic()
    interval, said, waiting_since = _FIRST_INTERVAL, "", None
    unready = Unready(placement, "not looked at", ())
    while True:
        try:
            async with at_once:
                observed = await observe(client, expected)
        except httpx2.HTTPError as error:
            unready = Unready(placement, refusal_of(error).text, unready.reasons)
        except (ConfigError, OSError, KeyError, ValueError) as error:  # a plugin that gives no token, a missing file
            return _unusable(placement, error)
        else:
            answered = time.monotonic()
            missing = what_is_missing(expected, observed)
            if missing is None:
                return None
            unready = Unready(placement, missing, tuple(why_unready(observed)))
            waiting_since = (waiting_since or answered) if observed.unschedulable else None
            if patience.leaving and waiting_since and answered - waiting_since >= _LEAVING_SECONDS:
                return Unready(placement, missing, unready.reasons, patience.leaving)
        now = time.monotonic()
        if now - start >= patience.seconds or now - answered >= _SILENCE_SECONDS:
            return unready
        if unready.missing != said:
            said = unready.missing
            pulumi.log.info(printable(f"waiting for {placement}: {said}"), ephemeral=True)
        await asyncio.sleep(min(interval, max(start + patience.seconds - now, 0)))
        interval = min(interval * _INTERVAL_GROWTH, _LAST_INTERVAL)


def finish(found: Sequence[Sequence[Unready | None]], seconds: float, more: str) -> None:
    """End the program with one message if something did not become ready.

    Args:
        found: What came of waiting in each cluster.
        seconds: How long was waited.
        more: What to do to wait longer.

    Raises:
        pulumi.RunError: something did not, and not because this very update still has its room.
    """
    results = [each for here in found for each in here]
    deferred = [each for each in results if each and each.leaving]
    if deferred:
        gone = ", ".join(sorted({name for each in deferred for name in each.leaving}))
        pulumi.log.warn(
            f"not waited for:\n{_screen(deferred)}\nTheir room is freed only when this update has removed {gone}; "
            "`pulumi up` again waits for them."
        )
    failed = [each for each in results if each and not each.leaving]
    if failed:
        raise pulumi.RunError(
            f"{len(failed)} of {len(results)} placements did not become ready (readyTimeout: {seconds:.0f} s):\n"
            f"{_screen(failed)}\nWhat is applied stays, and nothing is lost. When the cause is gone, `pulumi up` again "
            f"goes on waiting.\nMore time: {more}. "
            "Causes and remedies: docs/troubleshooting.md"
        )


def _screen(unready: Sequence[Unready]) -> str:
    """Return no more than fits on a screen: those with the same reasons together, and not all of too many."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for each in unready:
        groups.setdefault((each.missing, *each.reasons), []).append(each.placement)
    lines = [
        "\n  ".join((f"{some(placements, _MOST_NAMES)}: {missing}", *reasons))
        for (missing, *reasons), placements in list(groups.items())[:_MOST_GROUPS]
    ]
    rest = sum(len(placements) for placements in list(groups.values())[_MOST_GROUPS:])
    # What a cluster says of its pods may be anybody's text: an admission webhook's, for example.
    return printable_lines("\n".join([*lines, f"and {rest} more"] if rest else lines))


def _unusable(placement: str, error: Exception) -> Unready:
    reason = f"the kubeconfig does not work for looking at the cluster: {refusal_of(error).text}"
    return Unready(placement, reason, ("without waitForReady (in a program: wait_for_ready) nothing is waited for",))
