"""The program with clusters that the stack makes: what is placed there goes through them, and waits for their nodes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.provisioning import provision
from components.stack_config import KubeconfigSourceName
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Subject
from slicewise.documents import InferenceEnvironment
from slicewise.testing import Recorder, run_program
from tests.components.provisioned import (
    EKS_CLUSTER,
    EKS_GROUP,
    GKE_CLUSTER,
    GKE_ENDPOINT,
    GKE_POOL,
    PROVIDER,
    RELEASE,
    SLICES,
    answer,
    declare,
    eks_document,
    gke_document,
)
from tests.documents import deployment, environment, model, pool, profile, slices

ROOT = Path(__file__).parents[2]
SERVICE = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"
WHOLE = {"nodeSelector": {"cloud.google.com/gke-nodepool": "whole"}, "machineType": "a3-highgpu-8g"}


@pytest.fixture
def program(recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run the real program on documents, through the mock engine; return the stack's outputs."""

    def run_stack(*documents: dict[str, Any], **config: str) -> dict[str, Any]:
        answer(recorder)
        (tmp_path / "fleet.yaml").write_text(yaml.safe_dump_all(documents), encoding="utf-8")
        settings = {"manifests": str(tmp_path), **config}
        monkeypatch.setattr("components.sdk_costs.avoid_sdk_costs", lambda: None)
        monkeypatch.setattr("components.interruption.end_silently_when_interrupted", lambda: None)
        return run_program(ROOT, {f"slicewise:{key}": value for key, value in settings.items()})

    return run_stack


def served() -> list[dict[str, Any]]:
    """Return a model that takes a slice, and its deployment in two environments."""
    chat = model("gemma", profile("slice", memoryPerGpu="39Gi", mig="only"))
    return [chat, deployment("chat", "gemma", environments=2)]


def test_placements_go_through_the_made_clusters(recorder: Recorder, program: Callable[..., dict[str, Any]]) -> None:
    gke = gke_document(slices("slices", "3g.40gb", **SLICES), pool("whole", **WHOLE))

    outputs = program(gke, eks_document(), *served())

    assert [(each["environment"], each["nodePool"], each["resource"]) for each in outputs["placements"].values()] == [
        ("eks-a", "slices", "nvidia.com/mig-3g.40gb"),
        ("gke-a", "slices", "nvidia.com/gpu"),
    ]
    services = recorder.of_type(SERVICE)
    assert {name: item.provider for name, item in services.items()} == {
        "eks-a/team/chat-service": "eks-a-provider",
        "gke-a/team/chat-service": "gke-a-provider",
    }
    providers = recorder.of_type(PROVIDER)
    assert {name: item.inputs["clusterIdentifier"] for name, item in providers.items()} == {
        "eks-a-provider": "eks-a",
        "eks-a-system-provider": "eks-a",
        "gke-a-provider": "gke-a",
    }
    assert all("kubeconfig" in item.secrets for item in providers.values())
    assert GKE_ENDPOINT in providers["gke-a-provider"].inputs["kubeconfig"]
    # Nothing asks for slices before the nodes are there, and on EKS what cuts them.
    assert {"gke-a/slices", "gke-a/whole"} <= services["gke-a/team/chat-service"].dependencies
    assert {"eks-a/slices", "eks-a-gpu-operator"} <= services["eks-a/team/chat-service"].dependencies


def test_the_pods_find_the_nodes(recorder: Recorder, program: Callable[..., dict[str, Any]]) -> None:
    """Every label that a pod selects by is one that GKE sets (documented), or that the pool gives."""
    program(gke_document(), eks_document(), *served())

    by_cloud = {
        "gke-a": {"cloud.google.com/gke-nodepool": "slices"},
        "eks-a": {"eks.amazonaws.com/nodegroup": "slices"},
    }
    given = {
        "gke-a": recorder.of_type(GKE_POOL)["gke-a/slices"].inputs["nodeConfig"]["labels"],
        "eks-a": recorder.of_type(EKS_GROUP)["eks-a/slices"].inputs["labels"],
    }
    for name, labels in by_cloud.items():
        selector = recorder.of_type(SERVICE)[f"{name}/team/chat-service"].inputs["spec"]["template"]["nodeSelector"]
        assert selector
        assert selector.items() <= (labels | given[name]).items()


def test_a_preview_without_clouds(
    recorder: Recorder, program: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    outputs = program(gke_document(), eks_document(), *served(), kubeconfigSource="none")

    assert len(outputs["placements"]) == 2
    assert not any(recorder.of_type(token) for token in (GKE_CLUSTER, EKS_CLUSTER, GKE_POOL, EKS_GROUP, RELEASE))
    assert {item.provider for item in recorder.of_type(SERVICE).values()} == {"gke-a-provider", "eks-a-provider"}
    (warning,) = (text for text in caplog.messages if "left out" in text)
    assert warning == (
        "kubeconfigSource is none, so the clusters of eks-a, gke-a and their node pools are left out of this preview"
    )


def test_an_update_without_kubeconfigs_is_refused(
    recorder: Recorder, program: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)

    with pytest.raises(pulumi.RunError, match="SW405"):
        program(gke_document(), eks_document(), *served(), kubeconfigSource="none")

    assert not recorder.of_type(GKE_CLUSTER)


def test_nothing_is_made_where_a_document_is_wrong(recorder: Recorder, program: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(pulumi.RunError, match="SW222"):
        program(gke_document(), eks_document(slices("slices", "3g.40gb", nodeSelector={}, machineType="p5.48xlarge")))

    assert not recorder.of_type(GKE_CLUSTER)


def test_people_are_told_once_what_they_get(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    declare(recorder, gke_document(), eks_document())

    (warning,) = caplog.messages
    assert warning.startswith("this stack makes the clusters of gke-a, eks-a (docs/provisioning.md).")
    assert "previewed and tested with mocks, and has never been run on a cloud" in warning
    assert "does not install KServe" in warning


def test_names_never_meet(recorder: Recorder) -> None:
    """Two resources of one name and type are an error of Pulumi's, or one lost."""
    first = eks_document(slices("b-c", "3g.40gb", machineType="p5.48xlarge"), name="a")
    second = eks_document(slices("c", "3g.40gb", machineType="p5.48xlarge"), name="a-b")
    declare(recorder, first, second, gke_document(name="a-b-c"))

    named = [(item.resource_type, item.name) for item in recorder.registrations]
    assert len(named) == len(set(named))


def test_components_end(recorder: Recorder) -> None:
    declare(recorder, gke_document(), eks_document())

    assert {"gke-a", "eks-a"} <= set(recorder.finished)


_WITHOUT_CLOUDS = """
import sys
import components.provisioning
import runpy, pulumi
import components.fleet
components.fleet.Fleet = lambda *args, **options: type("Nothing", (), {"stack_outputs": {}})
runpy.run_path("__main__.py")
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pulumi_gcp", "pulumi_aws"}))
"""


def test_the_program_imports_no_cloud() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT_CLOUDS], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


_EXISTING = """
import sys
from components.provisioning import provision
from components.stack_config import KubeconfigSourceName
from slicewise.documents import load_fleet
made = provision(load_fleet(["stacks/demo"]).environments, KubeconfigSourceName.CONFIG)
print(dict(made), sorted({name.partition(".")[0] for name in sys.modules} & {"pulumi_gcp", "pulumi_aws"}))
"""


def test_a_stack_of_existing_clusters_imports_no_cloud() -> None:
    done = subprocess.run([sys.executable, "-c", _EXISTING], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "{} []\n"


def test_gke_imports_nothing_of_aws(tmp_path: Path) -> None:
    (tmp_path / "gke.yaml").write_text(yaml.safe_dump(gke_document()), encoding="utf-8")
    script = _GKE_ALONE.format(path=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "['pulumi_gcp']\n"


_GKE_ALONE = """
import sys
import pulumi
from components.provisioning import provision
from components.stack_config import KubeconfigSourceName
from slicewise.documents import load_fleet
from slicewise.testing import recording, run
environments = load_fleet(["{path}"]).environments
made = lambda: provision(environments, KubeconfigSourceName.CONFIG).values()
with recording(preview=True):
    run(lambda: pulumi.Output.all(*(each.urn for each in made())))
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"pulumi_gcp", "pulumi_aws"}}))
"""


def test_existing_environments_are_none_of_its_business() -> None:
    existing = InferenceEnvironment.model_validate(environment("mig-a", pool("whole")))
    assert provision([existing], KubeconfigSourceName.CONFIG) == {}


def test_what_an_error_quotes_is_shown_as_text(
    program: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cluster or an output says is in some messages as it is, and would rewrite the screen."""

    async def refuse(*_: object, **__: object) -> None:
        problems = [
            Diagnostic.error(
                Code.OTHER_CLUSTER, "is \x1b[2J", field="spec.cluster", subject=Subject("InferenceEnvironment", "east")
            )
        ]
        raise InvalidInputError(problems)

    monkeypatch.setattr("components.last_update.previous_stack", refuse)
    with pytest.raises(pulumi.RunError) as error:
        program(environment("east", pool("any")), kubeconfigSource="none")

    line = "InferenceEnvironment east: spec.cluster: is \\x1b[2J [SW422]"
    assert str(error.value).split("\n") == ["the input cannot be used:", line]
