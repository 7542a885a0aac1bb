"""Remedies that `verify` prints, followed as they are read: in the document, or by laying out the node otherwise.

Each way that a remedy gives is one clause. A remedy of which any word is in no clause cannot be followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache

import yaml

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.verify.verification import compare_clusters
from slicewise.diagnostics import Diagnostic
from slicewise.planning import make_plan
from tests.documents import Document, deployment, fleet_of, model
from tests.unit.clusters.recorded.nodes import LAYOUTS, OWN, RECORDED, cluster
from tests.unit.clusters.recorded.truth import memory_of

PROFILE = r"(?P<profile>\d+g\.\d+gb(?:[+-][a-z.]+)?)"


@dataclass(frozen=True)
class State:
    """What is declared of a node, and how the node is laid out.

    Attributes:
        document: The environment.
        node: The name of its layout.
        meant: The name of the layout that the document was written for.
        replicas: How many models of one unit are asked for.
    """

    document: Document
    node: str
    meant: str
    replicas: int = 0

    @property
    def pools(self) -> list[Document]:
        """The pools of the document."""
        pools: list[Document] = self.document["spec"]["nodePools"]
        return pools

    @property
    def parts(self) -> tuple[str, str, str]:
        """The board of the node, how its GPUs are cut, and the MIG strategy."""
        board, kind, strategy, *_ = self.node.split("/")
        return board, kind, strategy

    def told(self) -> list[Diagnostic]:
        """Return what verifying says."""
        if not self.pools:
            return []
        served = [model("m", cpu="1", memory="1Gi"), *(deployment(f"d{i}", "m") for i in range(self.replicas))]
        fleet = fleet_of([self.document, *served])
        there = replace(cluster(self.node, 0), namespaces=frozenset({"team"}))
        return list(compare_clusters(fleet, make_plan(fleet), {"prod": there}).differences)


def discovered(name: str) -> Document:
    """Return the environment that `discover` writes of a node."""
    document: Document = yaml.load(_text(name), Loader=yaml.CSafeLoader)
    return document


@cache
def _text(name: str) -> str:
    return describe_cluster(cluster(name, 0), "prod", "prod-kubeconfig")


def ways(told: Diagnostic, state: State) -> Iterator[tuple[str, State | None]]:
    """Yield each way that a remedy gives, in its words, and what has become of document and node; None at an end."""
    rest = told.remedy
    while rest:
        match, follow = next(
            ((match, follow) for pattern, follow in _CLAUSES.items() if (match := re.match(_BETWEEN + pattern, rest))),
            (None, None),
        )
        assert match, f"{told.code}: nobody knows how to follow {rest!r} of {told.remedy!r}"
        assert follow
        rest = rest[match.end() :]
        yield match[0], follow(deepcopy(state), match, told)


_BETWEEN = r"(?:; or |, or |; |, | or | and |if models are to run there, )*"
_Follow = Callable[[State, "re.Match[str]", Diagnostic], State | None]


def _pool(state: State, told: Diagnostic) -> Document:
    return next(each for each in state.pools if each["name"] == told.subject.node_pool)


def _mig(state: State, told: Diagnostic) -> Document:
    found: Document = _pool(state, told)["capabilities"]["migConfiguration"]
    return found


def _on(state: State, kind: str | None = None, strategy: str | None = None, board: str | None = None) -> State | None:
    """Return the state with the node of a recorded layout, without sharing; None where none is recorded."""
    parts = state.parts
    wanted = f"{board or parts[0]}/{kind or parts[1]}"
    names = [name for name in LAYOUTS if name.startswith(f"{wanted}/") and name.count("/") == 2]
    found = [name for name in names if name.endswith(f"/{strategy or parts[2]}")] or names
    return replace(state, node=found[0]) if found else None


def _cut(state: State, match: re.Match[str], told: Diagnostic) -> State | None:
    """Cut the GPUs into a profile: the one named, or else the declared one, or else any."""
    board, _, strategy = state.parts
    declared = (_pool(state, told)["capabilities"].get("migConfiguration") or {}) if told.subject.node_pool else {}
    profile = match.groupdict().get("profile") or declared.get("profile")
    usual = "mixed" if strategy == "none" else strategy
    cut = _kinds_cut_into(board, profile)
    return _on(state, next(cut, "none"), declared.get("strategy", usual) if profile else usual)


def _kinds_cut_into(board: str, profile: str | None) -> Iterator[str]:
    """Yield the recorded kinds of which all GPUs, of one board at least, are cut into a profile, or any if None."""
    for name, layout in LAYOUTS.items():
        on = {each.board: {other.slices for other in layout.gpus if other.board == each.board} for each in layout.gpus}
        cut = {next(iter(slices))[0] for slices in on.values() if len(slices) == 1 and len({*next(iter(slices))}) == 1}
        is_cut = profile in cut if profile else len(cut) == len(on)
        if name.split("/")[0] == board and is_cut:
            yield name.split("/")[1]


def _alike(state: State, match: re.Match[str], told: Diagnostic) -> State | None:
    return None if "+" in state.parts[0] else _cut(state, match, told)


def _of_one_model(state: State, *_: object) -> State | None:
    now = _on(state, "whole", board=state.parts[0].partition("+")[0])
    return now and _discover(now)


def _other_model(state: State, _: object, told: Diagnostic) -> State | None:
    """Declare the GPU model that is there, with what its node is cut into."""
    fresh = discovered(state.node)["spec"]["nodePools"]
    pool = _pool(state, told)
    resource = (pool["capabilities"].get("migConfiguration") or {}).get("profile")
    alike = (each for each in fresh if (each["capabilities"].get("migConfiguration") or {}).get("profile") == resource)
    found = next(alike, None)
    if found is None:
        return None
    pool.update({key: deepcopy(value) for key, value in found.items() if key != "name"})
    return state


def _as_the_plugin_says(state: State, *_: object) -> State | None:
    problem = RECORDED[state.node].problem or ""
    return _on(state, strategy="mixed") if "more than one MIG device type" in problem else None


def _uncut(state: State, *_: object) -> State | None:
    return _on(state, "whole")


def _mixed(state: State, *_: object) -> State | None:
    return _on(state, strategy="mixed")


def _as_meant(state: State, *_: object) -> State:
    return replace(state, node=state.meant)


def _declare(state: State, match: re.Match[str], told: Diagnostic) -> State:
    pool = _pool(state, told)
    pool["capabilities"]["migConfiguration"] = {
        "enabled": True,
        "profile": match["profile"],
        "strategy": match["strategy"],
    }
    pool["capabilities"]["memoryPerGpu"] = f"{memory_of(LAYOUTS[state.node].gpus[0].board, match['profile'])}Mi"
    if match["key"]:
        pool["nodeSelector"][match["key"]] = match["value"]
    return state


def _declare_slices(state: State, match: re.Match[str], told: Diagnostic) -> State:
    pool = _pool(state, told)
    mig: Document = {"enabled": True, "slices": yaml.safe_load(match["slices"].replace(":", ": "))}
    pool["capabilities"]["migConfiguration"] = mig | ({"wholeGpus": int(match["whole"])} if match["whole"] else {})
    pool["capabilities"].pop("memoryPerGpu", None)
    if match["key"]:
        pool["nodeSelector"][match["key"]] = match["value"]
    return state


def _declare_whole(state: State, match: re.Match[str], told: Diagnostic) -> State:
    pool = _pool(state, told)
    if match["key"]:
        pool["nodeSelector"][match["key"]] = match["value"]
    del pool["capabilities"]["migConfiguration"]
    pool["capabilities"]["memoryPerGpu"] = f"{memory_of(LAYOUTS[state.node].gpus[0].board, None)}Mi"
    return state


def _write(field: str) -> _Follow:
    """Return how a number of slices of a profile is written in a map."""

    def follow(state: State, match: re.Match[str], told: Diagnostic) -> State:
        _mig(state, told).setdefault(field, {})[match["profile"]] = int(match["number"].replace(",", ""))
        return state

    return follow


def _leave_out(state: State, match: re.Match[str], told: Diagnostic) -> State | None:
    mig = _mig(state, told)
    if "slices" not in mig:
        # Another remedy has another profile declared by now.
        return state
    del mig["slices"][match["profile"]]
    if match["memory"]:
        del mig["memoryPerSlice"][match["profile"]]
    return state if mig["slices"] else None


def _reserve(state: State, match: re.Match[str], told: Diagnostic) -> State:
    _pool(state, told)["reservedUnits"] = int(match["number"])
    return state


def _count(state: State, _: object, told: Diagnostic) -> State | None:
    """Write as many GPUs as have the units that are there; there may be no such number."""
    pool = _pool(state, told)
    mig = pool["capabilities"].get("migConfiguration") or {}
    resource = f"nvidia.com/mig-{mig['profile']}" if mig.get("strategy") == "mixed" else "nvidia.com/gpu"
    units, per_gpu = RECORDED[state.node].resources[resource], 1
    if mig:
        alike = f"{state.parts[0]}/all-{mig['profile']}/{mig['strategy']}"
        per_gpu = len(LAYOUTS[alike].gpus[0].slices)
    pool["acceleratorCount"] = units // per_gpu
    return state if units % per_gpu == 0 else None


def _remove_pool(state: State, _: object, told: Diagnostic) -> State:
    state.pools[:] = [each for each in state.pools if each["name"] != told.subject.node_pool]
    return replace(state, replicas=0)


def _select(state: State, _: object, told: Diagnostic) -> State | None:
    pool = _pool(state, told)
    labels = RECORDED[state.node].labels
    if pool["nodeSelector"].items() <= {**(labels[0] if labels else {}), **OWN}.items():
        # It selects the node already, and there is no other.
        return None
    pool["nodeSelector"] = dict(OWN)
    return state


def _discover(state: State, *_: object) -> State:
    return replace(state, document=discovered(state.node), replicas=0)


def _no_wholes(state: State, match: re.Match[str], told: Diagnostic) -> State:
    del _mig(state, told)["wholeGpus"]
    if match["memory"]:
        del _pool(state, told)["capabilities"]["memoryPerGpu"]
    return state


def _strategy(state: State, match: re.Match[str], told: Diagnostic) -> State:
    _mig(state, told)["strategy"] = match["strategy"]
    return state


def _unshared(state: State, *_: object) -> State | None:
    return _on(state)


def _unshared_anew(state: State, *_: object) -> State | None:
    now = _on(state)
    return now and _discover(now)


def _whole_slices(state: State, *_: object) -> State | None:
    slices = LAYOUTS[state.node].gpus[0].slices[0].partition(":")[0]
    return _on(state, f"all-{slices}")


_SELECT = r"(?:, select (?P<key>\S+): (?P<value>[^\s,]+))?"
_CLAUSES: dict[str, _Follow] = {
    r"correct the nodeSelector(?: \([^)]*\))?": _select,
    r"remove the pool": _remove_pool,
    r"add the nodes, where they are gone": _as_meant,
    rf"cut (?:the GPUs|all GPUs of a node) into {PROFILE}": _cut,
    r"cut the GPUs into slices": _cut,
    r"cut all GPUs of a node alike, if they are of one model": _alike,
    (
        r"run the device plugin and GPU feature discovery with one configuration and without sharing, put GPUs of "
        r"one model in a node, and describe it anew \(`slicewise discover`\)"
    ): _of_one_model,
    r"write acceleratorType: \S+ with the profile and memory of that GPU": _other_model,
    (
        r"look at the node's nvidia-device-plugin pod: it is missing, it does not see the driver, or its log says that "
        r"it refuses slices of several GPU models: then run it with the mixed strategy and declare what it offers then"
    ): _as_the_plugin_says,
    r"switch MIG off on (?:these GPUs|them|all GPUs of a node)": _uncut,
    (
        rf"declare profile: {PROFILE} with strategy: (?P<strategy>\w+) and the memory of that slice as memoryPerGpu"
        rf"{_SELECT}"
    ): _declare,
    (
        r"declare slices: (?P<slices>\{[^}]*\})(?: and wholeGpus: (?P<whole>\d+))? in migConfiguration, without "
        rf"profile and memoryPerGpu{_SELECT}"
    ): _declare_slices,
    rf"remove migConfiguration and write the memory of a whole GPU as memoryPerGpu{_SELECT}": _declare_whole,
    r"run the device plugin with the mixed strategy(?: and declare what it offers then)?": _mixed,
    r"run the device plugin and GPU feature discovery with strategy mixed or single": _mixed,
    rf"write {PROFILE}: (?P<number>[\d,]+) in slices(?:, so that all of them are counted| if that is all)?": _write(
        "slices"
    ),
    rf"write {PROFILE}: (?P<number>[\d,]+) in reservedSlices": _write("reservedSlices"),
    rf"leave {PROFILE} out of slices(?P<memory> and memoryPerSlice)?": _leave_out,
    r"leave wholeGpus(?P<memory> and memoryPerGpu)? out": _no_wholes,
    r"have the GPUs cut as declared(?: by all of these pools)?": _as_meant,
    (
        r"describe the node anew, for it has GPUs of several models \(`slicewise discover` writes a pool for each "
        r"model\)"
    ): _discover,
    r"find out why the device plugin leaves some out": _as_meant,
    r"write reservedUnits: (?P<number>\d+)": _reserve,
    r"correct acceleratorCount(?:, so that all of them are counted)?": _count,
    r"write strategy: (?P<strategy>\w+) in migConfiguration": _strategy,
    r"have MIG manager cut whole slices: a layout without compute instances \(1c\.3g\.20gb is one\)": _whole_slices,
    (
        r"switch sharing off in the device plugin of these nodes; Slicewise gives each pod units of its own; then "
        r"describe them anew \(`slicewise discover`\), for \S+-SHARED goes with it"
    ): _unshared_anew,
    r"switch sharing off in the device plugin of these nodes; Slicewise gives each pod units of its own": _unshared,
    (
        r"have the device plugin offer whole GPUs or slices under their own names: without time-slicing, MPS and "
        r"renaming"
    ): _unshared,
    r"declare a pool, if models are to run there: `slicewise discover` writes one": _discover,
}
