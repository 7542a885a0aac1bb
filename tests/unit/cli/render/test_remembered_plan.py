"""What was rendered before stays in its pool, and a move needs a word."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import Document, deployment, environment, model, pool, profile, several, slices
from tests.unit.cli.render.rendering import MANIFESTS, contents, edit, render
from tests.unit.cli.running import in_process

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))


def write(file: Path, documents: Sequence[Document]) -> Path:
    file.write_text(yaml.safe_dump_all(documents))
    return file


def pools(output: Path) -> dict[str, str]:
    """The environment and pool of each service, by its name."""
    services = [yaml.safe_load(path.read_text()) for path in output.glob("*/*.llminferenceservice.*.yaml")]
    where = {each["metadata"]["name"]: each["metadata"]["annotations"] for each in services}
    return {
        name: f"{each['slicewise.dev/environment']}/{each['slicewise.dev/node-pool']}" for name, each in where.items()
    }


def test_a_rendering_of_what_did_not_change_changes_no_byte(documents: Path, output: Path) -> None:
    render(documents, output)
    everything = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    assert render(documents, output).stderr == ""
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == everything
    names = [str(path.relative_to(output)) for path in sorted(everything) if path.suffix == ".json"]
    assert names == ["slicewise-plan.json"]


def test_through_thirty_changes_nothing_moves(tmp_path: Path, output: Path) -> None:
    """Deployments come, go, grow and shrink, and pools come that would fit better: a fresh plan would move some."""
    chance = random.Random(1)  # noqa: S311 - which changes
    environments = [
        [slices("a", "3g.40gb", nodeCount=4), slices("b", "3g.40gb", nodeCount=4)],
        [slices("c", "3g.40gb", nodeCount=4)],
    ]
    replicas: dict[str, int] = {f"d{number}": 1 + number % 3 for number in range(8)}
    file, moved_afresh, before = tmp_path / "fleet.yaml", 0, dict[str, str]()
    for change in range(30):
        what = chance.choice(["new", "gone", "scale", "pool"])
        if what == "new":
            replicas[f"n{change}"] = chance.randint(1, 4)
        elif what == "gone":
            replicas.pop(chance.choice(sorted(replicas)))
        elif what == "scale":
            replicas[chance.choice(sorted(replicas))] = chance.randint(1, 5)
        else:
            environments[0].append(slices(f"p{change}", "3g.40gb", memoryPerGpu=f"{30 + change / 10}Gi"))
        write(
            file,
            [
                *(environment(f"e{number}", *each) for number, each in enumerate(environments)),
                TINY,
                *(deployment(name, "tiny", replicas=count) for name, count in replicas.items()),
            ],
        )
        run = render(file, output)
        assert (run.returncode, run.stderr) == (0, "")
        now = pools(output)
        stayed = before.keys() & now.keys()
        assert {name: now[name] for name in stayed} == {name: before[name] for name in stayed}
        afresh = tmp_path / "afresh"
        shutil.rmtree(afresh, ignore_errors=True)
        assert render(file, afresh).returncode == 0
        moved_afresh += any(pools(afresh)[name] != now[name] for name in stayed)
        before = now
    assert moved_afresh > 10


@pytest.fixture
def pool_gone(tmp_path: Path, output: Path) -> Path:
    """Documents whose deployment was rendered to a pool that is gone by now."""
    file = tmp_path / "fleet.yaml"
    tight, roomy = slices("tight", "3g.40gb", memoryPerGpu="31Gi"), slices("roomy", "3g.40gb")
    assert (
        render(write(file, [environment("e", tight, roomy), TINY, deployment("chat", "tiny")]), output).returncode == 0
    )
    assert pools(output) == {"chat": "e/tight"}
    return write(file, [environment("e", roomy), TINY, deployment("chat", "tiny")])


def test_a_move_needs_a_word(pool_gone: Path, output: Path) -> None:
    before = contents(output)
    run = render(pool_gone, output)
    assert run.returncode == 5
    assert run.stdout.splitlines() == [
        "Changes: 1 moved",
        "",
        ("  > team/chat  e/roomy  from e/tight with any: environment e has no pool tight any more (node-pool-gone)"),
        "",
    ]
    assert run.stderr.splitlines() == [
        (
            f"{output}: 1 deployment would leave the pool or slices of the last rendering, and restart elsewhere, so "
            "nothing is written; if that is meant, pass --allow-moves; else undo the change of the documents that the "
            "lines above name [SW113]"
        ),
    ]
    assert contents(output) == before
    allowed = render(pool_gone, output, "--allow-moves")
    assert (allowed.returncode, allowed.stdout.count("e/roomy  from e/tight")) == (0, 1)
    assert pools(output) == {"chat": "e/roomy"}
    assert render(pool_gone, output).returncode == 0


def test_pools_that_become_one_move_nothing_that_runs(tmp_path: Path, output: Path) -> None:
    """Slices and whole GPUs of the same nodes were two pools: the pods stay as they are."""
    file, same = tmp_path / "fleet.yaml", {"nodeSelector": {"nodes": "mixed"}}
    large = model("large", profile("whole", memoryPerGpu="70Gi", mig="never"))
    served = (TINY, large, deployment("chat", "tiny"), deployment("big", "large"))
    two = environment(
        "e", slices("cut", "3g.40gb", acceleratorCount=6, **same), pool("whole", acceleratorCount=2, **same)
    )
    assert render(write(file, [two, *served]), output).returncode == 0
    assert pools(output) == {"chat": "e/cut", "big": "e/whole"}
    one = environment("e", several("mixed", {"3g.40gb": 12}, wholeGpus=2, **same))
    run = render(write(file, [one, *served]), output)
    assert (run.returncode, run.stderr) == (0, "")
    assert [line.split(": ")[1] for line in run.stdout.splitlines() if line.startswith("  >")] == [
        "environment e has no pool whole any more (node-pool-gone); no pod restarts",
        "environment e has no pool cut any more (node-pool-gone); no pod restarts",
    ]
    assert pools(output) == {"chat": "e/mixed", "big": "e/mixed"}


def test_other_slices_of_the_same_nodes_need_a_word(tmp_path: Path, output: Path) -> None:
    file, small = tmp_path / "fleet.yaml", model("small", profile("one", memoryPerGpu="9Gi"))
    before = environment("e", several("mixed", {"1g.10gb": 14, "3g.40gb": 4}))
    served = (small, deployment("chat", "small"))
    assert render(write(file, [before, *served]), output).returncode == 0
    mig = before["spec"]["nodePools"][0]["capabilities"]["migConfiguration"]
    mig["slices"] = {"1g.20gb": 4, "3g.40gb": 12}
    run = render(write(file, [before, *served]), output)
    assert run.returncode == 5
    assert "1 deployment would leave the pool or slices of the last rendering" in run.stderr
    assert render(file, output, "--allow-moves").returncode == 0


def test_fewer_environments_need_no_word(documents: Path, output: Path) -> None:
    render(documents, output)
    edit(documents / "deployments.yaml", "environments: 2", "environments: 1")
    run = render(documents, output)
    assert run.returncode == 0
    assert re.search(r"^  - team-a/gemma +\S+ +frees .* \(fewer-environments\)$", run.stdout, re.MULTILINE)


def test_without_the_plan_nothing_is_written_until_it_is_back(documents: Path, output: Path) -> None:
    render(documents, output)
    plan = output / "slicewise-plan.json"
    text = plan.read_text()
    plan.unlink()
    run = render(documents, output)
    assert run.returncode == 2
    assert run.stderr.startswith(f'{output}: has 3 manifests of owner "../documents", but not the plan')
    assert run.stderr.endswith(" [SW112]\n")
    assert not plan.exists()
    # Each remedy.
    plan.write_text(text)
    assert render(documents, output).returncode == 0
    plan.rename(output.parent / "plan.json")
    assert render(documents, output, "--previous", str(output.parent / "plan.json")).returncode == 0
    assert plan.read_text() == text
    plan.unlink()
    assert render(documents, output, "--fresh").returncode == 0
    assert plan.read_text() == text


@pytest.mark.parametrize(
    "content", ["", "[]", '{"owner": "../documents"}', '{"owner": "../documents", "placements": 1}']
)
def test_a_plan_that_is_damaged_is_not_taken_for_none(documents: Path, output: Path, content: str) -> None:
    render(documents, output)
    before = contents(output)
    (output / "slicewise-plan.json").write_text(content)
    run = render(documents, output)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{output / 'slicewise-plan.json'}: ")
    assert run.stderr.endswith(" [SW109]\n")
    assert contents(output) == before
    assert render(documents, output, "--fresh").returncode == 0
    assert render(documents, output).returncode == 0


def test_a_rendered_plan_is_an_earlier_plan(documents: Path, output: Path) -> None:
    render(documents, output)
    run = in_process("plan", str(documents), "--previous", str(output / "slicewise-plan.json"), "--output", "json")
    assert all(each["retained"] for each in json.loads(run.stdout)["placements"])


def test_each_owner_has_its_own_plan(documents: Path, tmp_path: Path, output: Path) -> None:
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    edit(others / "deployments.yaml", "team-a", "team-c")
    edit(others / "deployments.yaml", "team-b", "team-d")
    for source in (documents, others, documents, others):
        assert render(source, output).returncode == 0
    owners = [json.loads(path.read_text())["owner"] for path in sorted(output.glob("*.json"))]
    assert sorted(owners) == ["../documents", "../others"]


def kustomization(folder: Path) -> dict[str, Any]:
    content = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert isinstance(content, dict)
    return content


def test_each_environment_is_a_kustomization(documents: Path, output: Path) -> None:
    assert render(documents, output, "--create-namespaces").stdout == f"wrote 6 manifests to {output}\n"
    assert kustomization(output / "onprem-b") == {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [
            "namespace.team-a.yaml",
            "namespace.team-b.yaml",
            *(name.removeprefix("onprem-b/") for name in MANIFESTS[1:]),
        ],
    }
    namespace = yaml.safe_load((output / "onprem-b/namespace.team-a.yaml").read_text())
    assert (namespace["kind"], namespace["metadata"]["name"]) == ("Namespace", "team-a")
    # Without the word they are not written, and what was is taken back; Argo CD and Flux leave the namespace itself.
    assert namespace["metadata"]["annotations"] == {
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
    }
    assert ", removed 3 that" in render(documents, output).stdout
    assert kustomization(output / "mig-a")["resources"] == [MANIFESTS[0].removeprefix("mig-a/")]


def test_a_kustomization_of_two_owners_lists_all(documents: Path, tmp_path: Path, output: Path) -> None:
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    edit(others / "deployments.yaml", "team-a", "team-c")
    edit(others / "deployments.yaml", "team-b", "team-d")
    render(documents, output)
    render(others, output)
    assert [name.partition(".")[0] for name in kustomization(output / "mig-a")["resources"]] == ["team-a", "team-c"]
    (others / "deployments.yaml").unlink()
    render(others, output)
    assert [name.partition(".")[0] for name in kustomization(output / "mig-a")["resources"]] == ["team-a"]


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_a_kustomization_of_ones_own_is_left_alone(documents: Path, output: Path, name: str) -> None:
    (output / "mig-a").mkdir(parents=True)
    (output / "mig-a" / name).write_text("resources: [mine.yaml]\n")
    assert render(documents, output).returncode == 0
    assert [path.name for path in (output / "mig-a").iterdir() if path.name.lower().startswith("kustom")] == [name]
    assert (output / "mig-a" / name).read_text() == "resources: [mine.yaml]\n"


def test_the_kustomization_goes_with_the_last_manifest(documents: Path, output: Path) -> None:
    render(documents, output)
    (documents / "deployments.yaml").unlink()
    assert render(documents, output).returncode == 0
    assert [path.name for path in output.iterdir()] == ["slicewise-plan.json"]
