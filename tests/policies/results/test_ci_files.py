"""The files for users' CI: what they name is there, and they ask for no more than they need."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.results.__main__ import main
from tests.policies.results.demo import CHECKOUT

CI = CHECKOUT / "docs/ci"
GITHUB, GITLAB, README = CI / "github.yml", CI / "gitlab.yml", CI / "README.md"
MAKEFILE = (CHECKOUT / "Makefile").read_text()


def parsed(file: Path) -> dict[str, Any]:
    """Return the document with the jobs: of GitLab's, after its header of inputs."""
    *_, document = yaml.safe_load_all(file.read_text())
    assert isinstance(document, dict)
    return document


def gitlab_inputs() -> dict[str, Any]:
    """Return what the header of GitLab's file asks for."""
    header, _ = yaml.safe_load_all(GITLAB.read_text())
    inputs: dict[str, Any] = header["spec"]["inputs"]
    return inputs


def github_steps() -> list[dict[str, Any]]:
    """Return the steps of the only job."""
    steps: list[dict[str, Any]] = parsed(GITHUB)["jobs"]["policies"]["steps"]
    return steps


@pytest.mark.parametrize("file", [GITHUB, GITLAB, README], ids=lambda file: file.name)
def test_every_make_target_exists(file: Path) -> None:
    targets = set(re.findall(r"\bmake ([a-z][a-z-]*)", file.read_text()))
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"{file.name}: make {target}"


@pytest.mark.parametrize("file", [GITHUB, GITLAB, README], ids=lambda file: file.name)
def test_every_report_is_one_that_make_writes(file: Path) -> None:
    reports = set(re.findall(r"findings\.[a-z.-]*[a-z]", file.read_text()))
    assert reports
    assert reports <= set(re.findall(r"findings\.[a-z.-]*[a-z]", MAKEFILE))


def test_every_file_and_directory_exists() -> None:
    job = parsed(GITLAB)["policies"]
    environment = parsed(GITHUB)["env"]
    setup = next(step for step in github_steps() if "setup-python" in step.get("uses", ""))
    names = [*job["cache"]["key"]["files"], job["variables"]["MANIFESTS"], environment["MANIFESTS"]]
    for name in names:
        assert (CHECKOUT / name).exists(), name
    assert list(CHECKOUT.glob(setup["with"]["cache-dependency-path"]))
    for stack in (job["variables"]["STACK"], environment["STACK"]):
        assert (CHECKOUT / f"stacks/Pulumi.{stack}.yaml").exists()
    for link in re.findall(r"\]\(([^)]+)\)", README.read_text()):
        assert (CI / link).exists() or (CI / f"{link}.md").exists(), link
    for file in re.findall(r"docs/ci/[a-zA-Z.]+\w", f"{GITHUB.read_text()}{GITLAB.read_text()}"):
        assert (CHECKOUT / file).exists(), file


def test_actions_are_pinned_by_commit_and_say_their_version() -> None:
    lines = [line for line in GITHUB.read_text().splitlines() if "uses:" in line]
    assert len(lines) == len([step for step in github_steps() if "uses" in step])
    for line in lines:
        assert re.search(r"uses: [\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_both_run_the_pulumi_that_the_tests_run() -> None:
    version = re.search(r"Version=v([\d.]+)", (CHECKOUT / "toolchain/build.py").read_text())
    assert version
    installed = next(step["with"]["pulumi-version"] for step in github_steps() if "pulumi" in step.get("uses", ""))
    assert installed == version[1]
    assert parsed(GITLAB)["policies"]["image"].partition("@")[0].rpartition(":")[2] == version[1]


def test_the_image_is_taken_by_a_digest_that_must_be_given() -> None:
    image = parsed(GITLAB)["policies"]["image"]
    assert re.fullmatch(r"\S+:[\d.]+@\$\[\[ inputs\.image-digest \]\]", image)
    (name, needed), *others = gitlab_inputs().items()
    assert (name, others) == ("image-digest", [])
    # Without a default GitLab demands it: https://docs.gitlab.com/ci/inputs/
    assert "default" not in needed
    assert re.search(needed["regex"], "sha256:" + "0a" * 32)
    for wrong in ("", "latest", "sha256:...", "sha256:" + "0A" * 32, "sha256:" + "0a" * 31, "x@sha256:" + "0a" * 32):
        assert not re.search(needed["regex"], wrong)
    assert f"docker buildx imagetools inspect {image.partition('@')[0]} --format " in needed["description"]


def test_the_workflow_may_only_read_and_upload_findings() -> None:
    workflow = parsed(GITHUB)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["policies"]["permissions"] == {"contents": "read", "security-events": "write"}
    # `on` is a boolean in YAML 1.1. A pull request's code must never run with the rights of the target.
    assert set(workflow[True]) == {"pull_request", "push"}  # type: ignore[index]  # see above


def test_only_their_owner_reads_what_make_policy_writes(tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text("#!/bin/sh\necho '{\"policyLoadEvent\": {}}'\n")
    pulumi.chmod(0o755)
    state = tmp_path / "state"
    # As an earlier version left it.
    (state / "policy").mkdir(parents=True, mode=0o755)
    (state / "policy/events.json").touch(mode=0o644)
    # What the target installs is there, and the engine has a word to say.
    there = ["-o", ".venv/.program", "-o", "policies", "-o", "toolchain-pulumi"]
    make = subprocess.run(
        [shutil.which("make") or "", *there, "policy", f"STATE={state}", f"PULUMI={pulumi}", "VENV=.venv"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "preview was cut off" in make.stdout, make.stderr
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (state / "policy").iterdir()}
    written = ("events.json", "findings.sarif", "findings.junit.xml", "findings.code-quality.json", "summary.md")
    assert modes == dict.fromkeys(written, 0o600)
    assert stat.S_IMODE((state / "policy").stat().st_mode) == 0o700


@pytest.mark.parametrize("file", [GITHUB, GITLAB], ids=lambda file: file.name)
def test_no_credential_is_named(file: Path) -> None:
    text = re.sub(r"#.*", "", file.read_text()).lower()
    assert not re.search(r"secrets\.|kubeconfig|access_token|passphrase|aws_|google_", text)


def test_no_credential_stays_in_what_is_checked_out() -> None:
    # By default the action leaves its token in .git/config, where the pull request's code can read it.
    (checkout,) = [step for step in github_steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["persist-credentials"] is False


def test_reports_are_handed_over_also_when_the_preview_failed() -> None:
    upload = next(step for step in github_steps() if "upload-sarif" in step.get("uses", ""))
    assert "!cancelled()" in upload["if"]
    assert parsed(GITLAB)["policies"]["artifacts"]["when"] == "always"


def test_the_documented_command_has_the_options_that_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    usage = capsys.readouterr().out
    documented = re.findall(r"(?<!-)--[a-z][a-z-]*", README.read_text().partition("For the reports alone")[2])
    assert documented
    for option in documented:
        assert option in usage
