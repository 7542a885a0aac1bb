"""A change that a person can review: what a preview of a stack in use prints, and how much of it there is."""

from __future__ import annotations

import re

import pytest

from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace

POOLS = environment("mig-a", slices("slices", "3g.40gb", nodeCount=8, memoryPerGpu="39.5Gi"))
# What Pulumi itself prints of a resource or a step, with its heading and its summary.
OF_PULUMI = re.compile(r"^\s*([+~-]|\+-|-\+)?\s*(pulumi:|slicewise:index:|kubernetes:)|^Previewing|^Loading|^@")


def served(name: str, image: str = "vllm/vllm-openai:v0.22.0") -> Document:
    own = profile("any", mig="only", memoryPerGpu="30Gi")
    return model(name, {**own, "engine": {"image": image}})


def deployed(number: int, of: str = "small", replicas: int = 1) -> Document:
    return deployment(f"d{number:02}", of, replicas=replicas, servedModelName=f"d{number:02}")


@pytest.mark.long
@pytest.mark.usefixtures("cluster")
def test_a_change_of_four_lines_is_at_most_forty_lines_beside_pulumis_tree(stack: Workspace) -> None:
    models = [served("small"), served("other")]
    stack.write(POOLS, *models, *(deployed(number, "other" if number == 7 else "small") for number in range(31)))
    stack.up()

    changed = [
        *(deployed(number, replicas=4 if number == 3 else 1) for number in range(30) if number != 7),
        deployed(7, "other"),
        deployed(31),
    ]
    stack.write(POOLS, served("small"), served("other", "vllm/vllm-openai:v0.23.0"), *changed)
    shown = stack.pulumi("preview", "--stack", "test", "--suppress-outputs")

    text = shown.stdout + shown.stderr
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip() and not OF_PULUMI.match(line)]
    assert len(lines) <= 40, "\n".join(lines)
    start = next(number for number, line in enumerate(lines) if "Changes:" in line)
    assert lines[start].endswith("Changes: 1 added, 1 removed, 2 changed, 28 unchanged")
    assert lines[start + 1 : start + 5] == [
        "~ team/d03 mig-a/slices replicas 1 -> 4; no pod restarts",
        "~ team/d07 mig-a/slices image v0.22.0 -> v0.23.0; its pod restarts",
        "- team/d30 mig-a/slices frees 1 nvidia.com/mig-3g.40gb",
        "+ team/d31 mig-a/slices 1 replica with any: 1 nvidia.com/mig-3g.40gb",
    ]
    # With the outputs, whose unchanged placements Pulumi prints, it is no longer than before they said what changes.
    plain = stack.pulumi("preview", "--stack", "test")
    assert len((plain.stdout + plain.stderr).splitlines()) <= 627
    # The outputs, too, change by these four entries and the pool, and by no other.
    before = stack.outputs()["placements"]
    now = stack.preview().outputs["placements"]
    differing = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    assert differing == {f"mig-a/team/{name}" for name in ("d03", "d07", "d30", "d31")}
