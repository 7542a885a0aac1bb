"""A Fleet, and an InferenceEnvironment alone, as a program of a user's own makes them; no cluster is asked here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.component_options import PreviousPlan
from components.document_inputs import DocumentInputs
from components.fleet import Fleet
from components.inference_environment import InferenceEnvironment
from slicewise.documents import KINDS
from slicewise.testing import Recorder, recording, run
from tests.documents import deployment, environment, model, places, profile, slices

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
OTHER = environment("mig-b", slices("slices", "3g.40gb"))
CHAT = deployment("chat", "tiny", replicas=3)
pytestmark = pytest.mark.usefixtures("recorder")
SERVICE = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    """What a test sets, no other finds."""
    yield
    pulumi.runtime.set_all_config({})


def make(component: Callable[[], Any]) -> Any:  # noqa: ANN401 - a component, or what a test takes of it
    """Return what `component` makes, with everything registered; what it raises is raised here."""
    made: list[Any] = []

    def program() -> pulumi.Output[Any]:
        made.append(component())
        return pulumi.Output.from_input(None)

    run(program)
    return made[0]


def fleet(**arguments: Any) -> Fleet:  # noqa: ANN401 - arguments of several types
    documents = {"environments": [POOLS], "models": [TINY], "deployments": [CHAT]}
    return Fleet("models", kubeconfig_source="none", **{**documents, **arguments})


def parents(recorder: Recorder) -> dict[str, tuple[str, str]]:
    return {each.name: (each.resource_type, each.parent) for each in recorder.registrations}


def test_a_fleet_has_environments_which_have_placements(recorder: Recorder) -> None:
    made = make(lambda: fleet(environments=[POOLS, OTHER]))

    assert parents(recorder) == {
        "models": ("slicewise:index:Fleet", ""),
        "mig-a": ("slicewise:index:InferenceEnvironment", "models"),
        "mig-a-provider": ("pulumi:providers:kubernetes", "mig-a"),
        "mig-a/team/chat": ("slicewise:index:ModelPlacement", "mig-a"),
        "mig-a/team/chat-service": (SERVICE, "mig-a/team/chat"),
        "mig-b": ("slicewise:index:InferenceEnvironment", "models"),
        "mig-b-provider": ("pulumi:providers:kubernetes", "mig-b"),
    }
    assert set(made.environments) == {"mig-a", "mig-b"}


def test_documents_may_be_types_mappings_or_files(tmp_path: Path) -> None:
    def parsed(document: dict[str, Any]) -> Any:  # noqa: ANN401 - any kind of document
        return KINDS[document["kind"]].model_validate(document)

    def short(document: dict[str, Any]) -> dict[str, Any]:
        """Return it without what the argument says: of which kind it is."""
        return {key: document[key] for key in ("metadata", "spec")}

    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump_all([POOLS, TINY, CHAT]))

    loaded = [
        DocumentInputs(environments=[POOLS], models=[TINY], deployments=[CHAT]).load(),
        DocumentInputs(environments=[parsed(POOLS)], models=[parsed(TINY)], deployments=[parsed(CHAT)]).load(),
        DocumentInputs([tmp_path]).load(),
        DocumentInputs(environments=[short(POOLS)], models=[short(TINY)], deployments=[short(CHAT)]).load(),
        DocumentInputs([tmp_path], environments=[OTHER]).load(),
    ]
    both = loaded.pop()
    assert [each.metadata.name for each in both.environments] == ["mig-a", "mig-b"]

    assert all(each == loaded[0] for each in loaded)
    assert [each.metadata.name for each in loaded[0].deployments] == ["chat"]


@pytest.mark.parametrize("known", [True, False])
def test_an_output_in_a_spec_is_one_error_that_names_the_field(known: bool) -> None:
    count = pulumi.Output.from_input(2).apply(lambda n: n if known else pulumi.output.UNKNOWN)
    pools = environment("mig-a", slices("slices", "3g.40gb", nodeCount=count))

    with pytest.raises(pulumi.RunError) as error:
        make(lambda: fleet(environments=[pools]))

    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("environments[mig-a].spec.nodePools[0].nodeCount: it is an Output")
    assert "pulumi.Config().require_int" in lines[1]
    assert lines[1].endswith("[SW430]")


def test_what_is_wrong_with_a_document_has_its_place_and_field() -> None:
    wrong = environment("mig-a", slices("slices", "3g.40gb", nodeCount="two"))

    with pytest.raises(pulumi.RunError, match=r"environments\[mig-a\]: spec\.nodePools\[0\]\.nodeCount: .*two.*SW2"):
        make(lambda: fleet(environments=[wrong], deployments=[deployment("chat", "tiny", replicas=-1)]))
    with pytest.raises(pulumi.RunError, match=r"environments\[0\]: expected a document"):
        make(lambda: fleet(environments=[Path("mig-a.yaml")]))
    with pytest.raises(pulumi.RunError, match=r"environments\[mig-a\]\.spec\.labels: it is a set.*SW430"):
        make(lambda: fleet(environments=[{"metadata": {"name": "mig-a"}, "spec": {"labels": {1, 2}}}]))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"on_shortfall": "ignore"}, 'Fleet("models"): on_shortfall: got "ignore", expected fail or warn [SW431]'),
        ({"verify": "yes"}, 'Fleet("models"): verify: got "yes", expected true or false [SW431]'),
        ({"take_over": {"chat": "nobody"}}, 'Fleet("models"): take_over'),
        ({"onShortfall": "warn"}, 'did you mean "on_shortfall"?'),
        ({"create_namespace": True}, 'did you mean "create_namespaces"?'),
    ],
)
def test_a_wrong_argument_is_said_by_its_name(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        make(lambda: fleet(**arguments))

    assert said in str(error.value)
    assert "SW431" in str(error.value)


def test_the_stacks_configuration_decides_what_is_not_passed() -> None:
    pulumi.runtime.set_all_config({"slicewise:onShortfall": "warn"})
    two = deployment("chat", "tiny", environments=2)

    made = make(lambda: fleet(deployments=[two]))
    assert [each["wanted"] for each in made.stack_outputs["shortfalls"].values()] == [2]

    with pytest.raises(pulumi.RunError, match=r'go on without: pass on_shortfall="warn"'):
        make(lambda: fleet(deployments=[two], on_shortfall="fail"))


@pytest.mark.parametrize(
    ("argument", "entry", "key"),
    [("take_over", "mig-a/team/chta", "takeOver"), ("accept_clusters", "mig-x", "acceptClusters")],
)
def test_what_has_no_effect_is_said_where_it_is_written(
    argument: str, entry: str, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    value = "nobody" if argument == "take_over" else "0b0a5f2e-3f2c-4c57-9a0e-5d9d2a5a7c11"

    make(lambda: fleet(**{argument: {entry: value}}))
    pulumi.runtime.set_all_config({f"slicewise:{key}": f'{{"{entry}": "{value}"}}'})
    make(fleet)

    passed, configured = (each.getMessage() for each in caplog.records if "SW319" in each.getMessage())
    assert passed.startswith(f'Fleet("models"): {argument}["{entry}"]: has no effect')
    assert "pulumi config" not in passed
    assert configured.startswith(f'stacks/Pulumi.test.yaml: slicewise:{key}["{entry}"]: has no effect')
    assert f"pulumi config rm --path 'slicewise:{key}[\"{entry}\"]'" in configured


def test_an_up_without_kubeconfigs_says_what_to_pass() -> None:
    with (
        recording(project="slicewise", stack="test", preview=False),
        pytest.raises(
            pulumi.RunError, match=r'Fleet\("models"\): kubeconfig_source: .*pass kubeconfig_source="config"'
        ),
    ):
        make(fleet)


def test_a_kubeconfig_of_no_environment_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    make(lambda: fleet(kubeconfigs={"mig-x": "text"}))

    (said,) = (each.getMessage() for each in caplog.records if "SW319" in each.getMessage())
    assert said.startswith('Fleet("models"): kubeconfigs["mig-x"]: has no effect')
    assert "text" not in said.replace("context", "")


def test_a_plan_that_is_given_holds_placements_where_they_are() -> None:
    tight = environment("mig-a", slices("slices", "3g.40gb"), slices("tight", "3g.40gb", memoryPerGpu="31Gi"))
    before = make(fleet).stack_outputs

    afresh = make(lambda: fleet(environments=[tight], previous_plan=PreviousPlan.NONE))
    held = make(lambda: fleet(environments=[tight], previous_plan=before))

    assert places(afresh.stack_outputs) == [("chat", "mig-a", "tight", "any")]
    assert places(held.stack_outputs) == [("chat", "mig-a", "slices", "any")]


def test_an_environment_alone_plans_by_itself(recorder: Recorder) -> None:
    made = make(
        lambda: InferenceEnvironment(
            "mig-a", POOLS["spec"], models=[TINY], deployments=[CHAT], kubeconfig_source="none"
        )
    )

    assert parents(recorder) == {
        "mig-a": ("slicewise:index:InferenceEnvironment", ""),
        "mig-a-provider": ("pulumi:providers:kubernetes", "mig-a"),
        "mig-a/team/chat": ("slicewise:index:ModelPlacement", "mig-a"),
        "mig-a/team/chat-service": (SERVICE, "mig-a/team/chat"),
    }
    assert places(made.stack_outputs) == [("chat", "mig-a", "slices", "any")]


def test_an_environment_alone_is_one_environment() -> None:
    with pytest.raises(pulumi.RunError, match=r"it is the environment mig-b, and its documents have mig-a; .*SW431"):
        make(lambda: InferenceEnvironment("mig-b", POOLS, kubeconfig_source="none"))


def test_endpoints_are_kserves_own_services() -> None:
    long = deployment("a" * 50, "tiny")
    found: list[Any] = []

    make(lambda: fleet(deployments=[CHAT, long]).endpoints.apply(found.append))

    assert {each["deployment"]["name"]: each["inCluster"] for each in found[0].values()} == {
        "chat": "http://chat-kserve-workload-svc.team.svc.cluster.local:8000",
        # KServe cuts a name of more than 63 characters: eleven of its own, and the MD5 of the service's name.
        "a" * 50: (
            "http://aaaaaaaaaaa6eb6a030bcce166534b95bc2ab45d9cf-kserve-workload-svc.team.svc.cluster.local:8000"
        ),
    }
