"""What is installed: pinned, known by its bytes, named once with one reason."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from slicewise import __version__

CHECKOUT = Path(__file__).parents[2]
PINNED = sorted(CHECKOUT.glob("requirements*.txt"))
NAMED = sorted(CHECKOUT.glob("requirements*.in"))
# name==version, perhaps a marker, then its hashes.
REQUIREMENT = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^ ;]+)(?: ; ([^\\]+?))?((?: --hash=sha256:[0-9a-f]{64})+)")


def pins(file: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the version and the hashes of every package, by its name; all lines must be of that form."""
    text = re.sub(r"#.*", "", file.read_text()).replace("\\\n", "")
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    matches = [(line, REQUIREMENT.fullmatch(line)) for line in lines if line]
    assert [line for line, match in matches if not match] == []
    return {match[1]: (match[2], frozenset(match[4].split())) for _, match in matches if match}


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_every_package_has_its_version_and_hashes(file: Path) -> None:
    assert pins(file)
    # The name of a registry is the user's own setting.
    assert "://" not in file.read_text()


def test_every_file_that_is_named_is_pinned() -> None:
    included = set(re.findall(r"^-r (\S+)\.in$", (CHECKOUT / "requirements.in").read_text(), re.MULTILINE))
    assert [file.stem for file in NAMED if file.stem not in included] == [file.stem for file in PINNED]


def test_files_that_are_installed_together_agree() -> None:
    # The policies live in an environment of their own.
    together = [pins(file) for file in PINNED if "policies" not in file.name]
    assert len(together) == len(PINNED) - 1
    for name in set().union(*together):
        assert len({each[name] for each in together if name in each}) == 1, name


def test_nothing_is_installed_whose_bytes_are_not_known() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    (checkout,) = re.findall(r"pip install .*", makefile)
    # Nothing is fetched for it, neither what it needs nor what builds it.
    assert {"--no-deps", "--no-index", "--no-build-isolation", "--editable"} <= set(checkout.split())
    compiles = re.findall(r"pip compile .*", makefile)
    assert compiles
    assert [line for line in compiles if "--generate-hashes" not in line] == []


def test_the_wheel_is_built_by_what_is_pinned() -> None:
    (wanted,) = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["build-system"]["requires"]
    name, _, version = wanted.partition("==")
    assert pins(CHECKOUT / "requirements-build.txt")[name][0] == version


def test_the_change_log_has_the_version() -> None:
    headings = re.findall(r"^## (.+)$", (CHECKOUT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0].split()[0] == __version__


def test_a_package_is_named_once_with_its_reason() -> None:
    # Except for the policies: their environment has nothing of the program's.
    names: Counter[str] = Counter()
    for file in NAMED:
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-"))]
        if "policies" not in file.name:
            names.update(re.split(r"[\s=<>]", line.lower())[0] for line in lines)
        reasons = [line for line in lines if not line.startswith("types-")]
        assert [line for line in reasons if not re.search(r"\s# \S", line)] == []
    assert [name for name, count in names.items() if count > 1] == []
