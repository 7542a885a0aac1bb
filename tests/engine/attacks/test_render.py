"""What `render` does to what a GitOps tool applies."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.documents import Document, deployment, environment, model, profile, slices
from tests.unit.cli.running import COMMAND, DEMO, ROOT

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
CHAT = deployment("chat", "tiny")
GEMMA = "mig-a/team-a.llminferenceservice.gemma.yaml"
SECONDS = 60


def render(source: Path, output: Path, *, largest_file: int = -1) -> subprocess.CompletedProcess[str]:
    """Render as a process; `largest_file` (bytes) has writing fail in the middle of a file, as a full disk does."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    run = subprocess.run(
        [*COMMAND, "render", str(source), "--output-dir", str(output)],
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        preexec_fn=limit if largest_file >= 0 else None,
    )
    assert "Traceback" not in run.stderr, run.stderr
    return run


def write(file: Path, *documents: Document) -> Path:
    """Write documents to a file, and return it."""
    file.write_text(yaml.safe_dump_all(documents))
    return file


def manifests(output: Path) -> dict[str, bytes]:
    """Return every file below, by its path."""
    return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*") if path.is_file()}


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The demo's documents, to be changed."""
    return Path(shutil.copytree(DEMO, tmp_path / "demo"))


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_09_what_runs_stays_in_its_pool(tmp_path: Path, output: Path) -> None:
    roomy, tight = slices("roomy", "3g.40gb"), slices("tight", "3g.40gb", memoryPerGpu="31Gi")
    before = render(write(tmp_path / "fleet.yaml", environment("e", roomy), TINY, CHAT), output)
    assert before.returncode == 0
    (manifest,) = (output / "e").glob("*chat*")
    assert "pool: roomy" in manifest.read_text()
    later = write(tmp_path / "fleet.yaml", environment("e", roomy, tight), TINY, CHAT)
    # A new one goes where it fits best.
    fresh = tmp_path / "fresh"
    assert render(later, fresh).returncode == 0
    assert "pool: tight" in (fresh / manifest.relative_to(output)).read_text()

    assert render(later, output).returncode == 0

    assert "pool: roomy" in manifest.read_text()


def test_10_a_shortfall_removes_nothing(demo: Path, output: Path) -> None:
    render(demo, output)
    before = manifests(output)
    file = demo / "deployments.yaml"
    assert "replicas: 6" in file.read_text()
    file.write_text(file.read_text().replace("replicas: 6", "replicas: 600"))

    run = render(demo, output)

    assert run.returncode == 3
    assert manifests(output) == before


def test_11_the_files_of_another_stack_stay(demo: Path, tmp_path: Path, output: Path) -> None:
    render(demo, output)
    before = manifests(output)
    other = Path(shutil.copytree(demo, tmp_path / "other"))
    for file in other.glob("*.yaml"):
        file.write_text(file.read_text().replace("mig-a", "mig-z").replace("onprem-b", "onprem-z"))

    render(other, output)

    assert {name: text for name, text in manifests(output).items() if name in before} == before


def test_12_a_full_disk_leaves_old_or_new(demo: Path, output: Path) -> None:
    render(demo, output)
    before = manifests(output)
    for file in demo.glob("*.yaml"):
        documents = list(yaml.safe_load_all(file.read_text()))
        for serving in (each for document in documents for each in document["spec"].get("serving", [])):
            serving["engine"].setdefault("args", []).append(f"--seed={'1' * 9000}")
        write(file, *documents)
    room = max(len(text) for text in before.values()) + 500

    run = render(demo, output, largest_file=room)

    assert run.returncode not in (0, 1), run.stderr
    assert str(output) in run.stderr
    assert manifests(output) == before
    assert render(demo, output).returncode == 0
    assert manifests(output) != before


def test_13_links_are_not_written_through(demo: Path, tmp_path: Path, output: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (output / "mig-a").mkdir(parents=True)
    (output / GEMMA).symlink_to(precious)

    render(demo, output)

    assert precious.read_text() == "precious"


def test_14_dangling_links_and_pipes_beside_manifests_are_ignored(demo: Path, output: Path) -> None:
    render(demo, output)
    (output / "mig-a/dangling.yaml").symlink_to(output / "nowhere")
    os.mkfifo(output / "mig-a/pipe.yaml")

    run = render(demo, output)

    assert run.returncode == 0, run.stderr
    assert (output / "mig-a/pipe.yaml").is_fifo()


@pytest.mark.parametrize("made", [True, False], ids=["a file", "in /proc"])
def test_15_a_directory_that_cannot_be_one(demo: Path, output: Path, made: bool) -> None:
    if made:
        output.write_text("a file")
    run = render(demo, output if made else Path("/proc/x"))

    assert run.returncode == 2
    assert "[SW110]" in run.stderr + run.stdout


@pytest.mark.parametrize("name", ["../../precious", "..", "a/b", "/etc/x"])
@pytest.mark.parametrize("what", ["environment", "deployment", "namespace"])
def test_62_names_lead_nowhere_else(what: str, name: str, tmp_path: Path, output: Path) -> None:
    names = {"environment": "e", "deployment": "chat", "namespace": "team"} | {what: name}
    file = write(
        tmp_path / "fleet.yaml",
        environment(names["environment"], slices("small", "3g.40gb")),
        TINY,
        deployment(names["deployment"], "tiny", namespace=names["namespace"]),
    )

    run = render(file, output)

    assert run.returncode == 2
    assert sorted(tmp_path.iterdir()) in ([file], [file, output])
    assert not output.exists() or not manifests(output)
