from __future__ import annotations

import pytest

from slicewise.mig import (
    ALL_GPU_MODELS,
    MigStrategy,
    canonical_profile_name,
    kubernetes_spelling,
    parse_profile_name,
    resource_name,
)
from slicewise.mig.profiles import ParsedProfile


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3g.40gb", ParsedProfile(3, 40, "")),
        ("1g.10gb+me", ParsedProfile(1, 10, "+me")),
        ("1g.24gb-me", ParsedProfile(1, 24, "-me")),
        ("1g.24gb+me.all", ParsedProfile(1, 24, "+me.all")),
        ("4g.96gb+gfx", ParsedProfile(4, 96, "+gfx")),
        ("2g.0gb", ParsedProfile(2, 0, "")),
        ("7g.1024gb", ParsedProfile(7, 1024, "")),
    ],
)
def test_a_name_says_compute_memory_and_engines(text: str, expected: ParsedProfile) -> None:
    assert parse_profile_name(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "3g", "40gb", "3g.40", "3g40gb", "3g.40gib", "g.40gb", "3g.gb", "-3g.40gb", "3.5g.40gb"),
        *("0g.40gb", "03g.40gb", "3g.040gb", "3g.00gb", "1000g.40gb", "3g.40000gb"),
        *("3G.40GB", " 3g.40gb", "3g.40gb ", "3g.40gb\n", "3g.40gb\n\n", "\uff13g.40gb", "\u0663g.40gb"),
        *("1g.10gb.me", "1g.10gb+", "1g.10gb-", "1g.10gb+me.", "1g.10gb+.me", "1g.10gb+me,gfx", "1g.10gb++me"),
        *("1c.3g.40gb", "3c.3g.40gb", "mig-3g.40gb", "nvidia.com/mig-3g.40gb", "all-3g.40gb"),
    ],
)
def test_what_cannot_become_a_resource_is_no_profile_name(text: str) -> None:
    assert parse_profile_name(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1g.10gb.me", "1g.10gb+me"),
        ("1g.24gb.me.all", "1g.24gb+me.all"),
        ("1g.24gb.gfx", "1g.24gb+gfx"),
        ("1g.24gb-me", "1g.24gb-me"),
        ("nvidia.com/mig-1g.10gb.me", "1g.10gb+me"),
        ("nvidia.com/mig-3g.40gb", "3g.40gb"),
        ("mig-3g.40gb", "3g.40gb"),
        (" 3G.40GB ", "3g.40gb"),
        ("MIG-1g.24gb.ME.all", "1g.24gb+me.all"),
        ("nvidia.com/gpu", "gpu"),
        ("", ""),
    ],
)
def test_spellings_of_resources_and_labels_become_the_drivers(text: str, expected: str) -> None:
    assert canonical_profile_name(text) == expected


def test_labels_and_resources_have_one_spelling() -> None:
    # A node asks MIG manager for nvidia.com/mig.config=all-1g.10gb.me; `-me` is another profile than `+me`.
    spelled = {"1g.10gb+me": "1g.10gb.me", "1g.24gb+me.all": "1g.24gb.me.all", "1g.24gb-me": "1g.24gb-me"}
    assert {profile: kubernetes_spelling(profile) for profile in spelled} == spelled


def test_every_profile_survives_the_way_to_a_resource_name_and_back() -> None:
    for model in ALL_GPU_MODELS:
        for profile in model.profiles:
            assert canonical_profile_name(profile.name) == profile.name
            assert canonical_profile_name(resource_name(profile.name, MigStrategy.MIXED)) == profile.name
