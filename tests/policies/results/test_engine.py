"""The real engine with the real pack: its findings at the lines of the demo's documents."""

from __future__ import annotations

import json
from pathlib import Path

from embedded.program import CHECKOUT
from policies.results.__main__ import main
from tests.engine.workspace import Workspace

PACK = CHECKOUT / "policies/__main__.py"
OTHER_REPORTS = ("code-quality", "junit")


def preview(workspace: Workspace, *, fails: bool = False) -> Path:
    """Preview the workspace's stack with the pack; return the file of the engine's events."""
    run = workspace.pulumi("preview", "--json", "--policy-pack", str(PACK), "--stack", "test", fails=fails)
    events = workspace.directory / "events.json"
    events.write_text(run.stdout)
    return events


def sarif(workspace: Workspace, events: Path, *, code: int) -> list[tuple[str, str, int, str]]:
    """Return (rule, file, line, level) of every result, in the order of the SARIF."""
    file = workspace.directory / "findings.sarif"
    directory = str(workspace.directory)
    options = ["--root", directory, "--project", directory, "--sarif", str(file)]
    options += [f"--{kind}={workspace.directory / kind}" for kind in OTHER_REPORTS]
    assert main([str(events), "--manifests", str(workspace.manifests), *options]) == code
    found = []
    for result in json.loads(file.read_text())["runs"][0]["results"]:
        physical = result["locations"][0]["physicalLocation"]
        line = physical.get("region", {}).get("startLine", 0)
        found.append((result["ruleId"], physical["artifactLocation"]["uri"], line, result["level"]))
    return found


def line_of(file: Path, text: str) -> int:
    """Return the line that `text` is first found in."""
    return next(number for number, line in enumerate(file.read_text().splitlines(), start=1) if text in line)


def test_the_demo_is_in_order(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")
    assert sarif(workspace, preview(workspace), code=0) == []


def test_findings_stand_where_the_documents_say_what_is_wrong(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")
    models = workspace.manifests / "models.yaml"
    # In both environments of the first model, and in the only one of the second.
    text = models.read_text().replace("      engine:\n", "      engine:\n        image: vllm/vllm-openai:latest\n")
    models.write_text(text.replace("[--max-model-len=4096,", "[--api-key=tulips, --max-model-len=4096,"))

    found = sarif(workspace, preview(workspace, fails=True), code=1)

    images = [
        number
        for number, line in enumerate(models.read_text().splitlines(), start=1)
        if line.strip().startswith("image:")
    ]
    assert len(images) == 3
    place = "stacks/test/models.yaml"
    assert sorted(found) == sorted(
        [
            *(("slicewise/image-pinned", place, line, "error") for line in images),
            ("slicewise/no-secret-values", place, line_of(models, "--api-key"), "error"),
            # Of the latest vLLM it is not known what it needs: plan and policy find that, and it is told once.
            *(("slicewise/SW719", place, line, "warning") for line in images),
        ]
    )
    # No report passes the secret on.
    for report in ("findings.sarif", *OTHER_REPORTS):
        written = (workspace.directory / report).read_text()
        assert "api-key" in written
        assert "tulips" not in written


def test_documents_that_are_wrong_are_found_though_nothing_is_declared(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")
    environments = workspace.manifests / "environments.yaml"
    environments.write_text(environments.read_text().replace("profile: 3g.40gb", "profile: 3g.45gb"))

    found = sarif(workspace, preview(workspace, fails=True), code=1)

    line = line_of(environments, "3g.45gb")
    assert found == [("slicewise/SW204", "stacks/test/environments.yaml", line, "error")]
