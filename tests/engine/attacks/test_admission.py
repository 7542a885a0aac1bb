"""What a cluster's namespaces and admission refuse."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from lightkube.models import admissionregistration_v1 as admission
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.admissionregistration_v1 import (
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingWebhookConfiguration,
)
from lightkube.resources.core_v1 import ConfigMap, Namespace
from lightkube.types import PatchType

from embedded.deadlines import wait_until
from tests.documents import deployment
from tests.engine.attacks.target import Target, assert_refused, assert_worked, text

pytestmark = pytest.mark.attack

Admission = ValidatingAdmissionPolicy | ValidatingAdmissionPolicyBinding | ValidatingWebhookConfiguration
RULE: dict[str, Any] = {
    "apiGroups": ["serving.kserve.io"],
    "apiVersions": ["*"],
    "operations": ["CREATE", "UPDATE"],
    "resources": ["llminferenceservices"],
}


@contextmanager
def applied(target: Target, *objects: Admission) -> Iterator[None]:
    """Have objects that are called as the namespace in the cluster until the end of the block."""
    for each in objects:
        target.client.apply(each)
    try:
        yield
    finally:
        for each in objects:
            target.client.delete(type(each), target.namespace)


def only_here(target: Target) -> LabelSelector:
    """Return what selects the namespace of the attack."""
    return LabelSelector(matchLabels={"kubernetes.io/metadata.name": target.namespace})


def test_40_namespaces_that_are_missing_or_going(target: Target) -> None:
    going = f"{target.namespace}-going"
    target.client.apply(Namespace(metadata=ObjectMeta(name=going)))
    held = ConfigMap(metadata=ObjectMeta(name="held", namespace=going, finalizers=["attacks.test/held"]))
    target.client.create(held)
    target.client.delete(Namespace, going)
    names = [f"{target.namespace}-missing", going]
    others = [deployment(f"chat-{number}", "tiny", namespace=name) for number, name in enumerate(names)]
    target.declare(target.chat(), *others)

    # Both are named at once, and nothing is changed beside them either.
    for run in (target.preview(), target.up()):
        assert_refused(run, "SW416", *names)
    assert target.services() == {}

    # They are made again, and then all is there.
    free = {"metadata": {"finalizers": None}}
    target.client.patch(ConfigMap, "held", free, namespace=going, patch_type=PatchType.MERGE)
    wait_until("the namespace gone", lambda: going not in _namespaces(target), seconds=60)
    for name in names:
        target.client.apply(Namespace(metadata=ObjectMeta(name=name)))
    assert_worked(target.up())
    assert list(target.services()) == ["chat"]
    target.declare()
    assert_worked(target.up())


def _namespaces(target: Target) -> set[str]:
    return {str(item.metadata.name) for item in target.client.list(Namespace) if item.metadata}


def test_56_a_policys_words_stand_in_the_preview(target: Target) -> None:
    words = "agents are not wanted here"
    rules = [admission.NamedRuleWithOperations(**RULE)]
    policy = ValidatingAdmissionPolicy(
        metadata=ObjectMeta(name=target.namespace),
        spec=admission.ValidatingAdmissionPolicySpec(
            failurePolicy="Fail",
            matchConstraints=admission.MatchResources(resourceRules=rules, namespaceSelector=only_here(target)),
            validations=[admission.Validation(expression="object.metadata.name != 'agent'", message=words)],
        ),
    )
    binding = ValidatingAdmissionPolicyBinding(
        metadata=ObjectMeta(name=target.namespace),
        spec=admission.ValidatingAdmissionPolicyBindingSpec(policyName=target.namespace, validationActions=["Deny"]),
    )
    target.declare(target.chat(), target.chat("agent"))
    with applied(target, policy, binding):
        wait_until("the policy at work", lambda: words in text(target.preview()), seconds=60)
        assert_refused(target.preview(), words, "agent")
        assert_refused(target.up(), words)
        assert "agent" not in target.services()
    wait_until("the policy gone", lambda: target.preview().returncode == 0, seconds=60)
    assert_worked(target.up())
    assert sorted(target.services()) == ["agent", "chat"]


@pytest.fixture
def unanswered() -> Iterator[str]:
    """The address of what takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}/validate"


def test_57_a_webhook_that_does_not_answer(target: Target, unanswered: str) -> None:
    hook = admission.ValidatingWebhook(
        name="nobody.attacks.test",
        admissionReviewVersions=["v1"],
        sideEffects="None",
        failurePolicy="Fail",
        timeoutSeconds=1,
        clientConfig=admission.WebhookClientConfig(url=unanswered),
        namespaceSelector=only_here(target),
        rules=[admission.RuleWithOperations(**RULE)],
    )
    configuration = ValidatingWebhookConfiguration(metadata=ObjectMeta(name=target.namespace), webhooks=[hook])
    target.declare(target.chat())
    with applied(target, configuration):
        wait_until("the webhook asked", lambda: target.preview().returncode != 0, seconds=60)
        assert_refused(target.up(), "nobody.attacks.test")
        assert target.services() == {}
    wait_until("the webhook gone", lambda: target.preview().returncode == 0, seconds=60)
    assert_worked(target.up())
    assert list(target.services()) == ["chat"]
