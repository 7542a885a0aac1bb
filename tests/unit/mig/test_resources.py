from __future__ import annotations

import pytest

from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, resource_name


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("3g.40gb", "nvidia.com/mig-3g.40gb"),
        ("1g.10gb+me", "nvidia.com/mig-1g.10gb.me"),
        ("1g.24gb+me.all", "nvidia.com/mig-1g.24gb.me.all"),
        ("1g.24gb+gfx", "nvidia.com/mig-1g.24gb.gfx"),
        ("1g.24gb-me", "nvidia.com/mig-1g.24gb-me"),
        ("1g.5gb+me+gfx", "nvidia.com/mig-1g.5gb.me.gfx"),
        (None, "nvidia.com/gpu"),
    ],
)
def test_mixed_names_the_profile(profile: str | None, expected: str) -> None:
    assert resource_name(profile, MigStrategy.MIXED) == expected


@pytest.mark.parametrize("profile", [None, "3g.40gb", "1g.10gb+me"])
def test_single_advertises_slices_as_gpus(profile: str | None) -> None:
    assert resource_name(profile, MigStrategy.SINGLE) == "nvidia.com/gpu"


def test_the_names_that_documents_use() -> None:
    assert WHOLE_GPU_RESOURCE == "nvidia.com/gpu"
    assert [str(strategy) for strategy in MigStrategy] == ["mixed", "single"]
