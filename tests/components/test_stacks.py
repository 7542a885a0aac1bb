"""A plan stack and apply stacks: what each declares, and which plans are refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi
import pytest

from components.component_options import PreviousPlan
from components.fleet import Fleet
from components.inference_environment import InferenceEnvironment
from components.stacks.plan_outputs import digest_of
from components.stacks.refusals import refuse_left_behind
from slicewise.diagnostics import InvalidInputError
from slicewise.testing import ProviderRefusal, Recorder, run
from slicewise.testing.monitor import RecordingMonitor
from tests.documents import Document, deployment, environment, model, pool, profile, slices

PLAN, OWN, OTHER = "organization/slicewise/plan", "organization/slicewise/test", "organization/slicewise/apply-b"
TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="any"))
SITES = tuple(environment(name, slices("cut", "3g.40gb"), labels={"site": name}) for name in ("mig-a", "mig-b"))


def at(site: str, name: str, **fields: Any) -> Document:  # noqa: ANN401 - fields of several types
    return deployment(name, "tiny", environmentSelector={"site": site}, **fields)


DOCUMENTS: dict[str, list[Document]] = {
    "environments": [*SITES],
    "models": [TINY],
    "deployments": [at("mig-a", "chat", replicas=2), at("mig-b", "code")],
}
Outputs = dict[str, Any]


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    """What a test sets, no other finds."""
    yield
    pulumi.runtime.set_all_config({})


def make(component: Callable[[], Any]) -> Any:  # noqa: ANN401 - a component
    """Return what `component` makes, with everything registered; what it raises is raised here."""
    made: list[Any] = []

    def program() -> pulumi.Output[Any]:
        made.append(component())
        return pulumi.Output.from_input(None)

    run(program)
    return made[0]


def fleet(config: Mapping[str, str], **documents: Any) -> Fleet:  # noqa: ANN401 - arguments of several types
    pulumi.runtime.set_all_config({f"slicewise:{key}": value for key, value in config.items()})
    made = make(lambda: Fleet("fleet", previous_plan=PreviousPlan.STACK_OUTPUTS, **{**DOCUMENTS, **documents}))
    assert isinstance(made, Fleet)
    return made


def as_read(outputs: Mapping[str, Any]) -> Outputs:
    """Return outputs as the engine gives them back: every number is a float."""
    found: Outputs = json.loads(json.dumps(outputs), parse_int=float)
    return found


def plan(**documents: Any) -> Outputs:  # noqa: ANN401 - arguments of several types
    return as_read(fleet({"mode": "plan"}, **documents).stack_outputs)


APPLY = {"mode": "apply", "planStack": PLAN, "environments": "mig-a", "kubeconfigSource": "none"}


def refusal(config: Mapping[str, str], **documents: Any) -> str:  # noqa: ANN401 - arguments of several types
    with pytest.raises(pulumi.RunError) as caught:
        fleet(config, **documents)
    return str(caught.value)


def test_a_plan_stack_makes_nothing_and_has_the_plan_in_its_outputs(recorder: Recorder) -> None:
    found = fleet({"mode": "plan", "applyStacks": json.dumps({"mig-b": OTHER})})

    assert [each.resource_type for each in recorder.registrations] == ["slicewise:index:Fleet"]
    assert found.environments == {}
    assert set(found.stack_outputs["placements"]) == {"mig-a/team/chat", "mig-b/team/code"}
    assert {key: found.stack_outputs[key] for key in ("mode", "revision", "applyStacks")} == {
        "mode": "plan",
        "revision": 1,
        "applyStacks": {"mig-b": OTHER},
    }


def test_the_revision_counts_up_when_the_plan_changes_and_only_then(recorder: Recorder) -> None:
    first = plan()
    recorder.stack_outputs[OWN] = first
    again = fleet({"mode": "plan"}, deployments=DOCUMENTS["deployments"][::-1]).stack_outputs
    assert as_read(again) == first
    other = fleet({"mode": "plan"}, deployments=[at("mig-a", "chat", replicas=3), at("mig-b", "code")]).stack_outputs
    assert (other["revision"], other["digest"] != first["digest"]) == (2, True)
    named = fleet({"mode": "plan", "applyStacks": json.dumps({"mig-b": OTHER})}).stack_outputs
    assert named["revision"] == 2


def test_outputs_that_were_edited_are_written_anew(recorder: Recorder) -> None:
    first = plan()
    edits: list[Outputs] = [{"documents": "sha256:0"}, {"warnings": {"SW999": {}}}]
    for edited in edits:
        recorder.stack_outputs[OWN] = {**first, **edited}
        assert as_read(fleet({"mode": "plan"}).stack_outputs) == first
    recorder.stack_outputs[OWN] = {**first, "digest": "sha256:0"}
    found = fleet({"mode": "plan"}).stack_outputs
    assert (found["revision"], found["digest"]) == (2, digest_of(found))


def test_the_first_plan_keeps_what_another_stack_runs(recorder: Recorder) -> None:
    both = {"environments": [environment("mig-a", slices("cut", "3g.40gb"), pool("whole"))], "deployments": [CHAT]}
    before = plan(**both)
    assert before["placements"]["mig-a/team/chat"]["nodePool"] == "cut"
    before["placements"]["mig-a/team/chat"] |= {"nodePool": "whole", "resource": "nvidia.com/gpu"}
    recorder.stack_outputs["organization/slicewise/prod"] = before

    found = fleet({"mode": "plan", "planStack": "organization/slicewise/prod"}, **both).stack_outputs

    assert found["placements"]["mig-a/team/chat"]["nodePool"] == "whole"


CHAT = deployment("chat", "tiny")


def test_an_apply_stack_declares_what_one_stack_for_all_declares_there(recorder: Recorder) -> None:
    recorder.stack_outputs[PLAN] = plan()
    recorder.registrations.clear()
    fleet({"kubeconfigSource": "none"})
    whole = {each.urn: each for each in recorder.registrations}
    recorder.registrations.clear()

    found = fleet(APPLY)

    own = {urn: each for urn, each in whole.items() if not each.name.startswith("mig-b")}
    assert {each.urn: each for each in recorder.registrations} == own
    assert len(own) == len(whole) - 4
    assert set(found.environments) == {"mig-a"}
    assert set(found.stack_outputs["placements"]) == {"mig-a/team/chat"}
    assert set(found.stack_outputs["nodePools"]) == {"mig-a/cut"}
    assert found.stack_outputs["planStack"] == PLAN


def test_an_apply_stack_does_not_plan_anew(recorder: Recorder) -> None:
    """By itself it would take the slices: another release may, and the plan says the whole GPU."""
    both = {"environments": [environment("mig-a", slices("cut", "3g.40gb"), pool("whole"))], "deployments": [CHAT]}
    outputs = plan(**both)
    outputs["placements"]["mig-a/team/chat"] |= {"nodePool": "whole", "resource": "nvidia.com/gpu"}
    recorder.stack_outputs[PLAN] = {**outputs, "digest": digest_of(outputs)}

    found = fleet(APPLY, **both)

    assert found.stack_outputs["placements"]["mig-a/team/chat"]["nodePool"] == "whole"
    assert {each["nodePool"]: each["allocated"] for each in found.stack_outputs["nodePools"].values()} == {
        "cut": 0,
        "whole": 1,
    }
    (service,) = recorder.of_type("kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService").values()
    assert service.inputs["spec"]["template"]["nodeSelector"] == {"pool": "whole"}


def without(outputs: Outputs, *keys: str) -> Outputs:
    return {key: each for key, each in outputs.items() if key not in keys}


def signed(outputs: Outputs, **changes: object) -> Outputs:
    changed = {**outputs, **changes}
    return {**changed, "digest": digest_of(changed)}


def elsewhere_placed(outputs: Outputs) -> Outputs:
    placements = json.loads(json.dumps(outputs["placements"]))
    placements["mig-a/team/chat"]["nodePool"] = "gone"
    return {**outputs, "placements": placements}


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda _: {}, "SW442", f"stack {PLAN} has no outputs: it was destroyed, or has not been updated yet"),
        (
            lambda found: without(found, "mode"),
            "SW442",
            "does not plan for others; expected the one that has mode: plan",
        ),
        (lambda found: {**found, "mode": "apply"}, "SW442", f"stack {PLAN} applies a plan; expected"),
        (elsewhere_placed, "SW443", "they are not as `pulumi up` has written them"),
        (lambda found: {**found, "revision": 7.0}, "SW443", "have them written anew: pulumi up --stack plan"),
        (lambda found: without(found, "nodePools"), "SW443", "edited by hand"),
        (lambda found: signed(found, documents="sha256:0"), "SW444", "revision 1 was planned from other documents"),
        (
            lambda found: signed(elsewhere_placed(found)),
            "SW444",
            "mig-a/team/chat is in the plan, and the documents have no nvidia.com/mig-3g.40gb on mig-a/gone",
        ),
        (
            lambda found: signed(found, applyStacks={"mig-a": OTHER}),
            "SW447",
            f"slicewise:environments[0]: the plan has stack {OTHER} apply mig-a, and this is {OWN}",
        ),
    ],
    ids=["empty", "one stack", "apply", "moved", "revision", "cut", "documents", "release", "another's"],
)
def test_a_plan_that_is_not_to_be_applied_is_refused_and_nothing_is_declared(
    recorder: Recorder, change: Callable[[Outputs], Outputs], code: str, words: str
) -> None:
    outputs = plan()
    recorder.registrations.clear()
    recorder.stack_outputs[PLAN] = change(outputs)

    said = refusal(APPLY)

    assert words in said
    assert said.endswith(f"[{code}]")
    assert len(said.splitlines()) == 2
    assert recorder.registrations == []


def test_the_documents_of_other_environments_count_too(recorder: Recorder) -> None:
    recorder.stack_outputs[PLAN] = plan()
    said = refusal(APPLY, deployments=[at("mig-a", "chat", replicas=2), at("mig-b", "code", replicas=2)])
    assert "use one commit, and one release of Slicewise, for both" in said
    assert "pulumi up --stack plan" in said


@pytest.mark.usefixtures("recorder")
def test_a_plan_stack_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_self: RecordingMonitor, request: Any) -> Any:  # noqa: ANN401 - gRPC's
        raise ProviderRefusal(f'invocation of {request.tok} returned an error: unknown stack "{PLAN}"')

    monkeypatch.setattr(RecordingMonitor, "Invoke", unknown)
    said = refusal(APPLY)
    assert f'slicewise:planStack: got {PLAN}, which cannot be read: unknown stack "{PLAN}"' in said
    assert said.endswith("[SW442]")


def own_outputs(outputs: Outputs, **changes: object) -> Outputs:
    """Return what an apply stack has in its outputs that has applied a plan."""
    here = {name: each for name, each in outputs["placements"].items() if name.startswith("mig-a/")}
    return {"placements": here, "revision": outputs["revision"], "digest": outputs["digest"], **changes}


def test_an_older_plan_is_refused_unless_it_is_accepted(recorder: Recorder) -> None:
    outputs = recorder.stack_outputs[PLAN] = plan()
    for changes, words in (
        ({"revision": 2.0}, "it is revision 1, and this stack has applied revision 2"),
        ({"digest": "sha256:0"}, "it is revision 1, and this stack has applied another plan of that revision"),
    ):
        recorder.stack_outputs[OWN] = own_outputs(outputs, **changes)
        said = refusal(APPLY)
        assert words in said
        assert said.endswith("[SW445]")
        (accepted,) = {word for word in said.split() if word.startswith("sha256:")}
        assert f"pulumi config set slicewise:acceptPlan {accepted}" in said
        fleet({**APPLY, "acceptPlan": accepted})
        assert "SW445" in refusal({**APPLY, "acceptPlan": "sha256:" + "0" * 64})
    recorder.stack_outputs[OWN] = own_outputs(outputs)
    fleet(APPLY)


def test_an_environment_that_nobody_knows(recorder: Recorder) -> None:
    recorder.stack_outputs[PLAN] = plan()
    said = refusal({**APPLY, "environments": '["mig-a", "mig-c"]'})
    assert "slicewise:environments[1]: the plan has no environment mig-c, and this stack has nothing of one" in said
    assert "write one of mig-a, mig-b" in said
    assert said.endswith("[SW446]")


def test_services_in_an_environment_that_is_not_named_any_more_are_not_deleted(recorder: Recorder) -> None:
    outputs = recorder.stack_outputs[PLAN] = plan()
    clusters = {"mig-b": {"uid": "2b5bef76-d2a1-4707-a153-0b66a44579e5", "identifier": "mig-b"}}
    recorder.stack_outputs[OWN] = own_outputs(outputs, clusters=clusters)
    said = refusal(APPLY)
    assert "this stack has services in mig-b, which is still planned, and slicewise:environments does not name" in said
    assert said.endswith("[SW448]")


def test_the_command_to_forget_them_names_the_provider() -> None:
    with pytest.raises(InvalidInputError) as caught:
        refuse_left_behind(["mig-b"], {"mig-a": "urn:a", "mig-b": "urn:b"}, "why", "do this")
    (problem,) = caught.value.problems
    assert problem.remedy.startswith("do this; ")
    assert problem.remedy.endswith("this one must forget them: pulumi state delete --target-dependents 'urn:b'")


@pytest.mark.parametrize(
    ("config", "key", "words"),
    [
        ({"mode": "apply", "environments": "mig-a"}, "planStack", "is not set, and mode is apply"),
        ({"mode": "apply", "planStack": PLAN}, "environments", "which environments are this stack's?"),
        ({**APPLY, "planStack": OWN}, "planStack", "is this stack itself"),
        ({**APPLY, "applyStacks": '{"mig-a": "a/b/c"}'}, "applyStacks", "only where mode is plan, and mode is apply"),
        ({"environments": "mig-a"}, "environments", "only where mode is apply, and mode is not set"),
        ({"planStack": PLAN}, "planStack", "only where mode is plan or apply"),
        ({"mode": "plan", "acceptPlan": "sha256:" + "0" * 64}, "acceptPlan", "pulumi config rm slicewise:acceptPlan"),
    ],
)
@pytest.mark.usefixtures("recorder")
def test_keys_that_do_not_go_with_the_mode(config: Mapping[str, str], key: str, words: str) -> None:
    (line,) = refusal(config).splitlines()[1:]
    assert line.startswith(f"stacks/Pulumi.test.yaml: slicewise:{key}: ")
    assert words in line
    assert line.endswith("[SW441]")


@pytest.mark.usefixtures("recorder")
def test_an_environment_alone_has_no_mode() -> None:
    pulumi.runtime.set_all_config({"slicewise:mode": "plan"})
    with pytest.raises(pulumi.RunError, match=r'is plan, and InferenceEnvironment\("mig-a"\) plans and .*SW441'):
        make(lambda: InferenceEnvironment("mig-a", SITES[0], models=[TINY]))


@pytest.mark.parametrize("config", [{"mode": "plan"}, APPLY])
def test_kubeconfigs_that_the_stack_does_not_need_are_told(
    recorder: Recorder, config: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.stack_outputs[PLAN] = plan()
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    fleet({**config, "kubeconfigs": json.dumps({"mig-b": "canary-5d0e"})})
    (line,) = (line for line in told if "SW319" in line)
    assert 'slicewise:kubeconfigs["mig-b"]' in line
    assert "pulumi config rm --path 'slicewise:kubeconfigs[\"mig-b\"]'" in line
    assert "canary" not in "".join(told)


def test_a_digest_is_the_same_of_what_a_state_gives_back() -> None:
    outputs = {"revision": 1, "price": 2.5, "nothing": None, "placements": {"a": {"units": 3, "short": []}}}
    back = {"price": 2.5, "placements": {"a": {"short": [], "units": 3.0}}, "revision": 1.0, "digest": "sha256:0"}
    assert digest_of(outputs) == digest_of(back)
    assert digest_of(outputs) != digest_of({**back, "price": 2.25})
