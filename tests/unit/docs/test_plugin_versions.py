"""The page explains the warning that every run prints, with the versions that are really in it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_warning_of_two_versions_is_explained_with_those_that_are_used() -> None:
    (sdk,) = re.findall(r"^pulumi-kubernetes==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    main = (ROOT / "toolchain" / "pulumi-resource-kubernetes" / "main.go").read_text()
    (plugin,) = re.findall(r'^const version = "(.*)"', main, re.MULTILINE)
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    # As pulumi/pulumi has it (sdk/go/common/resource/plugin, "is expected to have version >=").
    assert f'## "resource plugin kubernetes is expected to have version >={sdk}, but has {plugin}"' in page
