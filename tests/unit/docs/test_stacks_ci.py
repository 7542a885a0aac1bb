"""The CI files for a plan stack and apply stacks: pinned, and no job has more than it needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

CI = Path(__file__).parents[3] / "docs" / "ci"
GITHUB, ACTION, GITLAB = CI / "github-stacks.yml", CI / "github-stack-action.yml", CI / "gitlab-stacks.yml"
PAGE = CI.parent / "many-clusters.md"


def parsed(file: Path) -> dict[str, Any]:
    *_, document = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def steps() -> list[dict[str, Any]]:
    """Return every step of GitHub's files."""
    jobs = parsed(GITHUB)["jobs"].values()
    return [*(step for job in jobs for step in job["steps"]), *parsed(ACTION)["runs"]["steps"]]


def test_actions_are_the_ones_of_the_policies_file_pinned_by_commit() -> None:
    pinned = re.compile(r"uses: (\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$", re.MULTILINE)
    known = set(pinned.findall((CI / "github.yml").read_text(encoding="utf-8")))
    used = pinned.findall(GITHUB.read_text(encoding="utf-8") + ACTION.read_text(encoding="utf-8"))
    assert used
    assert set(used) <= known
    others = {step["uses"] for step in steps() if "uses" in step and "@" not in step["uses"]}
    assert others == {"./.github/actions/stack"}
    assert len(used) + 4 == len([step for step in steps() if "uses" in step])


def test_github_gives_no_job_a_right_in_the_repository() -> None:
    workflow = parsed(GITHUB)
    assert workflow["permissions"] == {"contents": "read"}
    assert not [name for name, job in workflow["jobs"].items() if "permissions" in job]
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert {step["with"]["persist-credentials"] for step in checkouts} == {False}


def test_only_the_jobs_of_an_environment_have_its_secrets() -> None:
    jobs = parsed(GITHUB)["jobs"]
    for name in ("preview", "plan"):
        assert "secrets." not in str(jobs[name])
    for name in ("apply", "hand-over"):
        assert jobs[name]["environment"] == "${{ matrix.environment }}"
        assert jobs[name]["strategy"]["fail-fast"] is False
    environments = {parsed(GITLAB)[name]["environment"]["name"] for name in ("plan-preview", "plan", ".apply")}
    assert environments == {"plan-preview", "plan", "$SITE"}


def test_a_pull_request_changes_nothing() -> None:
    changing = re.compile(r"pulumi up|command: up|'up |\"up ")
    github, gitlab = parsed(GITHUB)["jobs"], parsed(GITLAB)
    assert "pull_request" in github["preview"]["if"]
    assert not changing.search(yaml.safe_dump(github["preview"]))
    for name in ("plan", "apply", "hand-over"):
        assert changing.search(yaml.safe_dump(github[name]))
    assert github["plan"]["if"] == "github.event_name == 'push'"
    assert {github["apply"]["needs"], *github["hand-over"]["needs"]} == {"plan", "apply"}
    assert gitlab["plan-preview"]["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert not changing.search(yaml.safe_dump(gitlab["plan-preview"]))
    for name in ("plan", ".apply"):
        assert gitlab[name]["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]


@pytest.mark.parametrize("file", [GITHUB, ACTION, GITLAB], ids=lambda file: file.name)
def test_a_file_says_where_it_goes_and_the_page_has_it(file: Path) -> None:
    assert re.match(r"# .*\n# (Copy it to|Include it in) \.git", file.read_text(encoding="utf-8"))
    assert file.name in PAGE.read_text(encoding="utf-8")
