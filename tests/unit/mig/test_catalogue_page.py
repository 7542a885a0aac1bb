"""The page for users and the catalogue say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slicewise.mig import ALL_GPU_MODELS, AmbiguousAcceleratorError, canonical_profile_name, find_gpu_model

PAGE = (Path(__file__).parents[3] / "docs" / "mig-catalogue.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its two head lines."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_table_of_profiles_is_the_catalogue() -> None:
    table = [
        (quoted(name)[0], int(gib), re.findall(r"`([^`]+)` x(\d+)", profiles))
        for name, gib, profiles in rows("GPU models and their profiles")
    ]
    assert table == [
        (model.name, model.memory_gib, [(profile.name, str(profile.per_gpu)) for profile in model.profiles])
        for model in ALL_GPU_MODELS
        if model.mig_capable
    ]


def test_the_gpus_without_mig_are_listed() -> None:
    (listed,) = re.findall(r"cannot do MIG; .*?: (.*?)\.\n\n", PAGE, re.DOTALL)
    assert quoted(listed) == [model.name for model in ALL_GPU_MODELS if not model.mig_capable]


def test_names_are_read_as_the_page_says() -> None:
    for written, model in rows("How the name of a GPU is read"):
        for name in quoted(written):
            assert [find_gpu_model(name).name] == quoted(model), name


def test_the_ambiguous_names_are_ambiguous() -> None:
    (listed,) = re.findall(r"never guesses: (.*?)\. ", PAGE)
    for name in quoted(listed):
        with pytest.raises(AmbiguousAcceleratorError):
            find_gpu_model(name)


def test_the_counts_by_profile_are_complete() -> None:
    for profile, counts in rows("Why the profile's name is not enough"):
        stated = {
            model: int(count)
            for count, models in re.findall(r"(\d+) on (.*?)(?=, \d|$)", counts)
            for model in quoted(models)
        }
        found = {model.name: model.profile(quoted(profile)[0]) for model in ALL_GPU_MODELS}
        assert stated == {name: slices.per_gpu for name, slices in found.items() if slices}


def test_the_table_of_usable_memory_is_the_catalogue() -> None:
    table = {
        quoted(name)[0]: dict(re.findall(r"`([^`]+)` (\d+(?: to \d+)?)", memory))
        for name, memory in rows("Nominal and usable memory")
    }
    assert table == {
        model.name: sizes
        for model in ALL_GPU_MODELS
        if (
            sizes := {
                profile.name: str(profile.usable_mib)
                + (f" to {profile.most_mib}" if profile.most_mib != profile.usable_mib else "")
                for profile in model.profiles
                if profile.usable_mib is not None and re.fullmatch(r"\dg\.\d+gb", profile.name)
            }
        )
    }


def test_other_engines_change_no_memory_as_the_page_says() -> None:
    for model in ALL_GPU_MODELS:
        for profile in model.profiles:
            plain = model.profile(re.split(r"(?<=gb)[+-]", profile.name)[0])
            assert plain is None or (plain.usable_mib, plain.most_mib) == (profile.usable_mib, profile.most_mib), (
                model.name,
                profile.name,
            )


def test_both_families_of_names_exist() -> None:
    families: dict[str, set[str]] = {}
    for model, _, names in rows("Names that depend on the driver"):
        families.setdefault(quoted(model)[0], set()).update(quoted(names))
    for name, listed in families.items():
        assert listed == {profile.name for profile in find_gpu_model(name).profiles if "+" not in profile.name}


def test_resources_on_the_page_are_spelled_for_profiles_that_exist() -> None:
    known = {profile.name for model in ALL_GPU_MODELS for profile in model.profiles}
    resources = re.findall(r"`(nvidia\.com/mig-\w[^`]*)`", PAGE)
    assert resources
    assert {canonical_profile_name(resource) for resource in resources} <= known
