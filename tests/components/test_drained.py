"""What `pulumi up` waits for without `waitForReady`: services that take the place of others on drained pools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from components import preparation, serving_wait
from components.clusters import Reached, SkipReason
from components.fleet import Fleet
from components.kubeconfig import nowhere
from components.readiness import Wait
from components.readiness.waiting import Unready
from components.stack_config import StackConfig
from slicewise.diagnostics import Code
from slicewise.documents import InferenceEnvironment
from slicewise.testing import run
from tests.documents import Document, deployment, environment, model, plan_of, pool, profile, slices

pytestmark = pytest.mark.usefixtures("recorder")

MODEL = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
ASKED = [MODEL, deployment("chat", "tiny"), deployment("code", "tiny")]


def _environments(**scheduling: str) -> list[Document]:
    """Return two environments: `old` and `beside` are pools of the first, `new` is that of the second."""
    pools = {name: slices(name, "3g.40gb") for name in ("old", "beside", "new")}
    for name, each in pools.items():
        if name in scheduling:
            pools[name] = {**each, "scheduling": scheduling[name]}
    return [environment("east", pools["old"], pools["beside"]), environment("west", pools["new"])]


def _waited(
    monkeypatch: pytest.MonkeyPatch,
    environments: list[Document],
    asked: list[Document],
    previous: Document,
    *,
    found: Unready | None = None,
    outputs: dict[str, Any] | None = None,
    **options: Any,  # noqa: ANN401 - arguments of several types
) -> list[str]:
    """Return what is waited for when the fleet is declared after a plan.

    Args:
        monkeypatch: What replaces the waiting.
        environments: What is declared.
        asked: Models and deployments.
        previous: The plan before.
        found: What comes of the waiting.
        outputs: What gets the stack's outputs.
        **options: Of the Fleet.
    """
    waits: list[Wait] = []

    def waiting(_: object, some: list[Wait], **__: object) -> pulumi.Output[list[Unready | None]]:
        waits.extend(some)
        return pulumi.Output.from_input([found] * len(some))

    monkeypatch.setattr(serving_wait, "wait_in", waiting)
    entries = {f"{each['environment']}/{each['deployment']['name']}": each for each in previous["placements"]}

    def program() -> pulumi.Output[Any]:
        made = Fleet(
            "models",
            environments=environments,
            models=[each for each in asked if each["kind"] == "ClusterModel"],
            deployments=[each for each in asked if each["kind"] == "ModelDeployment"],
            previous_plan={**previous, "placements": entries},
            kubeconfig_source="none",
            **options,
        )
        unserved = pulumi.Output.from_input(made.stack_outputs.get("unserved"))
        return unserved.apply(lambda names: outputs.update(unserved=names) if outputs is not None else None)

    run(program)
    return sorted(each.placement for each in waits)


@pytest.mark.parametrize("waits", [True, False])
def test_what_nobody_can_look_at_does_not_serve(monkeypatch: pytest.MonkeyPatch, *, waits: bool) -> None:
    """Its environment is skipped, so the next `pulumi up` has to wait for it, whether or not the stack always waits."""
    outputs: dict[str, Any] = {}
    drained = _environments(old="Drain", beside="NoNew")
    down = SkipReason("west", "west does not answer [SW404]", Code.CLUSTER_UNREACHABLE)

    async def answers(config: StackConfig, environments: Sequence[InferenceEnvironment], *_: object) -> Reached:
        return Reached(nowhere(config, environments), {}, skipped={"west": (down,)})

    monkeypatch.setattr(preparation, "reach_clusters", answers)
    options: dict[str, Any] = {"wait_for_ready": waits, "on_unreachable": "skip"}
    assert _waited(monkeypatch, drained, ASKED, BEFORE, outputs=outputs, **options) == []
    assert outputs["unserved"] == ["west/team/chat", "west/team/code"]


BEFORE = plan_of([*_environments(new="NoNew", beside="NoNew"), *ASKED])


def test_what_leaves_for_another_environment_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    drained = _environments(old="Drain", beside="NoNew")
    assert {each["environment"] for each in BEFORE["placements"]} == {"east"}
    assert _waited(monkeypatch, drained, ASKED, BEFORE) == ["west/team/chat", "west/team/code"]


def test_what_stays_in_its_environment_is_not_since_its_pods_roll(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _waited(monkeypatch, _environments(old="Drain", new="NoNew"), ASKED, BEFORE) == []


def test_another_move_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = _environments()[1:]
    assert _waited(monkeypatch, gone, ASKED, BEFORE) == []
    assert _waited(monkeypatch, gone, ASKED, BEFORE, wait_for_ready=True) == ["west/team/chat", "west/team/code"]


def test_a_service_of_another_name_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    serving = [profile("one", gpusPerNode=8), profile("two", nodes=2, gpusPerNode=4)]
    asked = [model("large", *serving), deployment("chat", "large")]
    old, new = pool("old"), pool("new", nodeCount=2, acceleratorCount=4, multiNodeCapable=True)
    before = plan_of([environment("east", old), *asked])
    assert before["placements"][0]["profile"] == "one"
    drained = environment("east", {**old, "scheduling": "Drain"}, new)
    assert _waited(monkeypatch, [drained], asked, before) == ["east/team/chat"]


SCALED = {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": 1, "target": 8}}
# Longer than the name of an autoscaled service may be, which is therefore another one.
LONG = "chat-of-the-whole-company-in-all-its-languages"


@pytest.mark.parametrize(
    ("name", "moves", "waited"),
    [(LONG, True, [f"east/team/{LONG}"]), (LONG, False, []), ("chat", True, []), ("chat", False, [])],
)
def test_what_becomes_autoscaled_is_waited_for_where_its_new_service_leaves_the_pool(
    monkeypatch: pytest.MonkeyPatch, name: str, waited: list[str], *, moves: bool
) -> None:
    before = plan_of([*_environments(new="NoNew", beside="NoNew"), MODEL, deployment(name, "tiny")])
    assert before["placements"][0]["nodePool"] == "old"
    drained = _environments(old="Drain", new="NoNew", **({} if moves else {"beside": "NoNew"}))
    asked = [MODEL, deployment(name, "tiny", scaling=SCALED)]
    assert _waited(monkeypatch, drained, asked, before) == waited
    assert _waited(monkeypatch, drained, asked, before, wait_for_ready=True) == [f"east/team/{name}"]


def test_what_did_not_serve_in_time_is_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drained = _environments(old="Drain", beside="NoNew")
    after = plan_of([*drained, *ASKED], BEFORE)
    assert {each["environment"] for each in after["placements"]} == {"west"}
    assert _waited(monkeypatch, drained, ASKED, after) == []
    assert _waited(monkeypatch, drained, ASKED, {**after, "unserved": ["west/team/chat"]}) == ["west/team/chat"]


@pytest.mark.parametrize("serves", [True, False])
def test_the_outputs_have_what_does_not_serve_yet(monkeypatch: pytest.MonkeyPatch, *, serves: bool) -> None:
    found = Unready("west/team/chat", "0 of 1 replicas serve", ())
    outputs: dict[str, Any] = {}
    drained = _environments(old="Drain", beside="NoNew")
    monkeypatch.setattr(serving_wait, "finish", lambda *_, **__: None)
    _waited(monkeypatch, drained, ASKED, BEFORE, found=None if serves else found, outputs=outputs)
    assert outputs["unserved"] == (None if serves else ["west/team/chat", "west/team/code"])
