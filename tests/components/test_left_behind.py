"""What carries the stack's name and is nowhere else: who finds it, and the way out that is printed."""

from __future__ import annotations

import pytest

from components.environment_plan import EnvironmentPlan
from components.ownership.left_behind import left_behind, strays
from components.state.stack_state import Applied, StackState
from slicewise.clusters.live import ExistingObjects, LiveObject, ObjectName
from slicewise.clusters.preflight import StackClaim
from slicewise.clusters.verify import PlannedService
from slicewise.documents import DeploymentKey
from slicewise.manifests import KubernetesObject
from slicewise.planning import PreviousPlacement

OWN = "organization/slicewise/test"
CLAIM = StackClaim(frozenset({OWN}), frozenset({"mig-b"}), frozenset())
KEY = DeploymentKey("team", "chat")
CHAT = ObjectName("LLMInferenceService", "team", "chat")
LOST = ObjectName("LLMInferenceService", "team", "lost")
SCALER = ObjectName("ScaledObject", "team", "lost")
CONFIG = ObjectName("LLMInferenceServiceConfig", "team", "shared")
BEFORE = PreviousPlacement(KEY, "mig-a", "slices", "any", units=1, gpus_per_node=1)
DECLARED: KubernetesObject = {
    "apiVersion": "serving.kserve.io/v1alpha2",
    "kind": "LLMInferenceService",
    "metadata": {"name": "chat", "namespace": "team"},
    "spec": {},
}


def there(*names: ObjectName, stack: str = OWN, environment: str = "mig-a", **metadata: str) -> ExistingObjects:
    return ExistingObjects("uid", {name: LiveObject(stack, environment, {"metadata": metadata}) for name in names})


def plan(*, declared: bool, before: bool) -> EnvironmentPlan:
    manifest = DECLARED if declared else None
    service = PlannedService(KEY, ("team", "chat"), manifest, BEFORE if before else None)
    return EnvironmentPlan("mig-a", [manifest] if manifest else [], (), (service,))


NEW = plan(declared=True, before=False)


@pytest.mark.parametrize("declared", [True, False])
def test_what_a_plan_has_or_had_is_no_stray(declared: bool) -> None:
    assert strays(plan(declared=declared, before=not declared), there(CHAT, LOST), CLAIM, None) == [LOST]


def test_what_placements_share_stays_in_any_case() -> None:
    assert strays(NEW, there(CONFIG, SCALER), CLAIM, None) == [SCALER]


@pytest.mark.parametrize(
    ("stack", "environment", "formerly", "found"),
    [
        (OWN, "mig-a", None, [LOST]),
        # Another stack's, nobody's, and what another environment of the stack has in the same cluster.
        ("acme/slicewise/trial", "mig-a", None, []),
        ("", "mig-a", None, []),
        (OWN, "mig-b", None, []),
        # What an update left when the environment had another name.
        (OWN, "mig-old", "mig-old", [LOST]),
        (OWN, "mig-old", None, []),
    ],
)
def test_only_what_is_the_environments_own(
    stack: str, environment: str, formerly: str | None, found: list[ObjectName]
) -> None:
    assert strays(NEW, there(LOST, stack=stack, environment=environment), CLAIM, formerly) == found


def test_what_is_being_deleted_is_no_stray() -> None:
    assert strays(NEW, there(LOST, deletionTimestamp="2026-11-28T19:00:00Z"), CLAIM, None) == []


def test_what_the_state_has_the_engine_deletes() -> None:
    state = StackState(objects={"mig-a": {LOST: Applied("urn")}}, is_read=True)
    assert list(left_behind("mig-a", [LOST], state)) == []
    (said,) = left_behind("mig-a", [LOST, SCALER], state)
    assert said.remedy == "write it in the documents again, or remove it: kubectl -n team delete scaledobjects lost"


def test_what_is_nowhere_is_said_with_the_commands_that_remove_it() -> None:
    more = ObjectName("LLMInferenceService", "team", "more")
    other = ObjectName("LLMInferenceService", "a-team", "lost")
    (said,) = left_behind("mig-a", [LOST, more, other, SCALER], StackState(is_read=True))
    assert said.code.value == "SW437"
    assert str(said).startswith("InferenceEnvironment mig-a: LLMInferenceService team/lost, ")
    assert said.remedy == (
        "write them in the documents again, or remove them: "
        "kubectl -n a-team delete llminferenceservices lost && "
        "kubectl -n team delete llminferenceservices lost more && "
        "kubectl -n team delete scaledobjects lost"
    )
