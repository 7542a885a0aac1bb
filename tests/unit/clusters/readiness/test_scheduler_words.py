"""What the scheduler's words mean; messages as kube-scheduler 1.34.2 and 1.37.2 wrote them."""

from __future__ import annotations

import pytest

from slicewise.clusters.readiness.scheduler_words import meanings

NONE_FITS = "preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (
            f"0/5 nodes are available: 5 Insufficient nvidia.com/mig-3g.40gb. {NONE_FITS}",
            ("Insufficient nvidia.com/mig-3g.40gb means", "extendedResourceName: nvidia.com/mig-3g.40gb"),
        ),
        (
            "0/4 nodes are available: 4 Insufficient nvidia.com/gpu.",
            ("Insufficient nvidia.com/gpu means", "extendedResourceName: nvidia.com/gpu"),
        ),
        (
            f"0/1 nodes are available: 1 cannot allocate all claims. still not schedulable, {NONE_FITS}",
            ("cannot allocate all claims means", "no pod is preempted"),
        ),
        (
            f"0/5 nodes are available: request r: device class nowhere.example does not exist. {NONE_FITS}",
            ("there is no DeviceClass nowhere.example;",),
        ),
        (
            (
                'running "DynamicResources" filter plugin: claim default/c: selector #0 on device '
                "gpu.nvidia.com/dra-0/odd: CEL runtime error: no such key: profile. consider using CEL optional"
            ),
            ("gpu.nvidia.com/dra-0/odd has no profile, which a selector reads", "on every node"),
        ),
        (
            'running "DynamicResources" filter plugin: class c: selector #0: CEL runtime error: no such key: profile',
            ("a device has no profile, which a selector reads",),
        ),
        (
            'running "DynamicResources" filter plugin: class bare: selector #0: CEL compile error: ERROR: <input>:1:1',
            ("a selector cannot be evaluated", "on every node"),
        ),
        (
            (
                'running PreBind plugin "DynamicResources": create claim for extended resources q2/: '
                "resourceclaims.resource.k8s.io is forbidden: exceeded quota: q"
            ),
            ("a ResourceQuota of the namespace counts devices or claims",),
        ),
    ],
)
def test_it_is_said_what_they_mean(message: str, parts: tuple[str, ...]) -> None:
    (meaning,) = meanings([message])
    assert [part for part in parts if part not in meaning] == []


def test_of_both_worlds_at_once_both_are_told() -> None:
    found = meanings(["0/5 nodes are available: 1 Insufficient nvidia.com/mig-3g.40gb, 4 cannot allocate all claims."])
    assert [each.partition(" means")[0] for each in found] == [
        "Insufficient nvidia.com/mig-3g.40gb",
        "cannot allocate all claims",
    ]


@pytest.mark.parametrize(
    "message",
    ["0/5 nodes are available: 5 Insufficient cpu.", "5 node(s) didn't match Pod's node affinity/selector", ""],
)
def test_other_words_need_no_meaning(message: str) -> None:
    assert meanings([message]) == []


def test_each_meaning_is_told_once() -> None:
    assert len(meanings(["1 cannot allocate all claims", "4 cannot allocate all claims"])) == 1
