"""`render` touches only manifests of its own documents."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.render.rendering import GEMMA, MANIFESTS, contents, edit, render, without_deployments
from tests.unit.cli.running import DEMO, SECONDS, slicewise


@pytest.mark.parametrize("environments", [("mig-a", "onprem-b"), ("mig-z", "onprem-z")])
def test_other_documents_keep_their_manifests(
    documents: Path, tmp_path: Path, output: Path, environments: tuple[str, str]
) -> None:
    """Two sets of documents, in environments of their own or in the same ones."""
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    for old, new in zip(("mig-a", "onprem-b"), environments, strict=True):
        edit(others / "environments.yaml", f"name: {old}\n", f"name: {new}\n")
    edit(others / "deployments.yaml", "name: gemma\n", "name: other-gemma\n")
    edit(others / "deployments.yaml", "name: chat-small\n", "name: other-chat\n")
    render(documents, output)
    first = contents(output)
    run = render(others, output)
    assert (run.returncode, run.stdout) == (0, f"wrote 3 manifests to {output}, left 3 of other owners\n")
    assert len(contents(output)) == 6
    without_deployments(others)
    assert ", removed 3 " in render(others, output).stdout
    assert contents(output) == first


def test_documents_from_standard_input_have_no_name_and_remove_nothing(output: Path) -> None:
    documents = b"\n---\n".join(path.read_bytes() for path in sorted(Path(DEMO).iterdir()))
    fewer = b"\n---\n".join((Path(DEMO) / f"{name}.yaml").read_bytes() for name in ("environments", "models"))
    arguments = ("render", "-", "--output-dir", str(output))
    assert slicewise(*arguments, stdin=documents).returncode == 0
    run = slicewise(*arguments, stdin=fewer)
    assert run.stdout.splitlines()[0] == "Changes: 3 removed"
    assert run.stdout.splitlines()[-1] == f"wrote 0 manifests to {output}, left 3 of other owners"
    assert list(contents(output)) == MANIFESTS


def test_an_owner_that_is_named_is_the_same_wherever_the_documents_are(documents: Path, output: Path) -> None:
    render(DEMO, output, "--owner", "prod")
    without_deployments(documents)
    assert ", removed 3 " in render(documents, output, "--owner", "prod").stdout


@pytest.mark.parametrize("owner", ["", " ", "a\nkind: Secret", "\x1b[31m"])
def test_an_owner_is_one_printable_line(output: Path, owner: str) -> None:
    run = render(DEMO, output, "--owner", owner)
    assert run.returncode == 2
    assert not output.exists()


def test_a_manifest_of_other_documents_is_not_replaced(documents: Path, tmp_path: Path, output: Path) -> None:
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    render(documents, output)
    before = contents(output)
    edit(others / "deployments.yaml", "replicas: 6", "replicas: 7")
    run = render(others, output)
    assert run.returncode == 2
    assert run.stderr.startswith(
        f"{output}: {', '.join(MANIFESTS)} were rendered from other documents, of owner "
        '"../documents", which has 3 files here; '
    )
    assert run.stderr.endswith(" [SW111]\n")
    assert contents(output) == before
    # The first remedy.
    assert render(others, output, "--owner", "../documents").returncode == 0
    assert list(contents(output)) == MANIFESTS


def test_the_files_of_another_owner_go_in_one_step_and_none_of_them_stays(
    documents: Path, tmp_path: Path, output: Path
) -> None:
    """Files whose content is the same under either owner are not in the way, and must not be left behind."""
    others = Path(shutil.copytree(documents, tmp_path / "others"))
    old = "the old one's"
    render(documents, output, "--owner", old)
    theirs = output / "mig-a" / "theirs.yaml"
    theirs.write_text(f"# Owner: {old}, in the notes of somebody else\n")
    edit(others / "deployments.yaml", "replicas: 6", "replicas: 7")
    edit(others / "deployments.yaml", "name: gemma\n", "name: other-gemma\n")
    run = render(others, output, "--owner", "new")
    assert run.returncode == 2
    command = re.search(r"remove all its files: (.*) \[SW111\]$", run.stderr)
    assert command
    subprocess.run(["bash", "-c", command[1]], check=True, timeout=SECONDS)  # noqa: S607 - what people paste
    assert list(contents(output)) == ["mig-a/theirs.yaml"]
    assert render(others, output, "--owner", "new").returncode == 0
    assert "the old one's\n" not in "".join(path.read_text() for path in output.rglob("team-a*.yaml"))


def test_a_rendering_that_does_not_say_whose_it_is_becomes_that_of_the_documents(documents: Path, output: Path) -> None:
    render(documents, output)
    expected = contents(output)
    for path in output.rglob("team-*.yaml"):
        lines = path.read_text().splitlines(keepends=True)
        assert lines[1].startswith("# Owner: ")
        path.write_text("".join([lines[0], *lines[2:]]))
    stale = output / "mig-a" / "team-a.llminferenceservice.gone.yaml"
    shutil.copy(output / GEMMA, stale)
    run = render(documents, output)
    said = "Changes: 3 unchanged\n\n"
    assert (run.returncode, run.stdout) == (0, f"{said}wrote 3 manifests to {output}, left 1 of other owners\n")
    assert stale.exists()
    stale.unlink()
    assert contents(output) == expected


def test_services_of_another_owner_are_in_the_way_though_they_say_the_same(documents: Path, output: Path) -> None:
    render(documents, output, "--owner", "blue")
    before = contents(output)
    run = render(documents, output, "--owner", "green")
    assert run.returncode == 2
    assert 'were rendered from other documents, of owner "blue", which has 3 files here' in run.stderr
    assert contents(output) == before


def test_a_file_of_another_owner_that_is_not_utf_8_is_not_replaced(documents: Path, output: Path) -> None:
    assert render(documents, output, "--owner", "blue").returncode == 0
    with (output / GEMMA).open("ab") as file:
        file.write(b"# caf\xe9\n")
    before = contents(output)
    run = render(documents, output, "--owner", "green")
    assert run.returncode == 2
    assert GEMMA in run.stderr
    assert 'were rendered from other documents, of owner "blue"' in run.stderr
    assert contents(output) == before
