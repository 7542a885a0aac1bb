"""What the components register: which resources, under which parent, through which provider, after what."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.readiness.waiting import Patience, wait_in
from slicewise.documents import DeploymentKey
from slicewise.manifests import KubernetesObject
from slicewise.testing import Recorder, run
from tests.components.environments import declare_environment

CHAT = DeploymentKey("team", "chat")
PROVIDER = "pulumi:providers:kubernetes"
NAMESPACE = "kubernetes:core/v1:Namespace"
SERVICE = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"
CONFIG = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceServiceConfig"


def kubernetes_object(kind: str, name: str) -> KubernetesObject:
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": kind,
        "metadata": {"name": name, "namespace": "team", "annotations": {"slicewise.dev/environment": "env"}},
        "spec": {"replicas": 2},
    }


def owned(item: KubernetesObject) -> KubernetesObject:
    """Return the object as the stack of these tests applies it: it says whose it is."""
    annotations = {**item["metadata"]["annotations"], "slicewise.dev/stack": "organization/slicewise/test"}
    return {**item, "metadata": {**item["metadata"], "annotations": annotations}}


def declare() -> pulumi.Output[Any]:
    """Declare two environments, the first with a namespace and a config, and a placement in each."""
    placed = [(CHAT, [kubernetes_object("LLMInferenceService", "chat")])]
    first = declare_environment(
        "first",
        "first's kubeconfig",
        namespaces=["team"],
        shared=[kubernetes_object("LLMInferenceServiceConfig", "config")],
        placed=placed,
    )
    second = declare_environment("second", "other", placed=placed)
    placements = [each.model_placements["team/chat"] for each in (first, second)]
    return pulumi.Output.all(*(placement.urn for placement in placements))


def test_each_environment_has_a_provider_of_its_own(recorder: Recorder) -> None:
    run(declare)

    providers = recorder.of_type(PROVIDER)
    assert {name: item.parent for name, item in providers.items()} == {
        "first-provider": "first",
        "second-provider": "second",
    }
    # Set and stable, so that a rotated CA or a new endpoint replaces nothing.
    assert {item.inputs["clusterIdentifier"] for item in providers.values()} == {"first", "second"}
    # Without it pulumi-kubernetes refuses, from 4.29 on, to create a service that is taken over: it exists.
    assert {item.inputs["upsertExistingObjects"] for item in providers.values()} == {"true"}


def test_the_kubeconfig_is_secret(recorder: Recorder) -> None:
    run(declare)

    for item in recorder.of_type(PROVIDER).values():
        assert "kubeconfig" in item.secrets


def test_objects_go_through_their_environments_provider(recorder: Recorder) -> None:
    run(declare)

    services = recorder.of_type(SERVICE)
    assert {name: (item.parent, item.provider) for name, item in services.items()} == {
        "first/team/chat-service": ("first/team/chat", "first-provider"),
        "second/team/chat-service": ("second/team/chat", "second-provider"),
    }
    (namespace,) = recorder.of_type(NAMESPACE).values()
    assert (namespace.name, namespace.parent, namespace.provider) == ("first/team/namespace", "first", "first-provider")
    assert namespace.inputs["metadata"]["name"] == "team"
    (config,) = recorder.of_type(CONFIG).values()
    assert (config.name, config.parent) == ("first/team/pipeline-parallel-config", "first")
    assert config.provider == "first-provider"


def test_shared_objects_come_first(recorder: Recorder) -> None:
    """KServe does not notice a config that comes after the service, and nothing can be made in a missing namespace."""
    run(declare)

    (config,) = recorder.of_type(CONFIG).values()
    assert "first/team/namespace" in config.dependencies
    service = recorder.of_type(SERVICE)["first/team/chat-service"]
    assert {"first/team/namespace", "first/team/pipeline-parallel-config"} <= service.dependencies


def test_what_scales_a_service_comes_after_it(recorder: Recorder) -> None:
    service = kubernetes_object("LLMInferenceService", "chat")
    scaler = kubernetes_object("ScaledObject", "chat") | {"apiVersion": "keda.sh/v1alpha1"}

    def scaled() -> pulumi.Output[Any]:
        environment = declare_environment("env", "text", placed=[(CHAT, [service, scaler])])
        return environment.model_placements["team/chat"].urn

    run(scaled)

    (registered,) = recorder.of_type("kubernetes:keda.sh/v1alpha1:ScaledObject").values()
    assert (registered.name, registered.parent) == ("env/team/chat-scaledobject", "env/team/chat")
    assert registered.provider == "env-provider"
    assert "env/team/chat-service" in registered.dependencies
    assert registered.inputs == owned(scaler)


def test_the_object_is_declared_as_it_is_with_a_mark_of_the_stack(recorder: Recorder) -> None:
    run(declare)

    service = recorder.of_type(SERVICE)["first/team/chat-service"]
    assert service.inputs == owned(kubernetes_object("LLMInferenceService", "chat"))


def test_everything_shared_says_whose_it_is_too(recorder: Recorder) -> None:
    run(declare)

    (namespace,) = recorder.of_type(NAMESPACE).values()
    (config,) = recorder.of_type(CONFIG).values()
    for item in (namespace, config):
        assert item.inputs["metadata"]["annotations"]["slicewise.dev/stack"] == "organization/slicewise/test"


def test_what_others_may_use_stays_when_the_stack_goes(recorder: Recorder) -> None:
    """A namespace has others' secrets and services in it, and KServe's config serves every stack of the namespace."""
    run(declare)

    assert {item.name for item in recorder.registrations if item.retained} == {
        "first/team/namespace",
        "first/team/pipeline-parallel-config",
    }


def test_deletion_gives_up_before_pulumis_ten_minutes(recorder: Recorder) -> None:
    """Without KServe's controller its finalizer stays, and no waiting helps."""
    run(declare)

    assert {item.delete_timeout for item in recorder.of_type(SERVICE).values()} == {"3m"}
    assert {item.delete_timeout for item in recorder.of_type(CONFIG).values()} == {"3m"}


def test_a_preview_waits_for_nothing(recorder: Recorder) -> None:
    service = kubernetes_object("LLMInferenceService", "chat")
    service["spec"] |= {"annotations": {"slicewise.dev/revision": "0123"}, "replicas": 1}

    def waiting() -> pulumi.Output[Any]:
        environment = declare_environment("env", "text", placed=[(CHAT, [service])])
        placement = environment.model_placements["team/chat"]
        unready = wait_in(environment.kubeconfig, [placement.wait(Patience(9))], after=placement.applied)
        return unready.apply(answers.append)

    answers: list[object] = []
    run(waiting)

    assert answers == [[]]
    (registered,) = recorder.of_type(SERVICE).values()
    # Waiting leaves no trace in the object.
    assert registered.inputs == owned(service)


@pytest.mark.parametrize(("preview", "placements"), [(True, set()), (False, {"first/team/chat", "second/team/chat"})])
def test_placements_register_outputs_only_where_they_are_kept(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, preview: bool, placements: set[str]
) -> None:
    """Each costs a call to the engine, and a preview shows nothing of it."""
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)

    run(declare)

    assert {"first", "second"} | placements <= set(recorder.finished)
    assert {name for name in recorder.finished if "/" in name} == placements
